installed a-1-1 manual requires lib:z;
installed zlib-1-1 provides lib:z = 1-1;
job remove zlib
expect problem: zlib-1-1 is needed by a-1-1 (lib:z)
