installed a-1-1 manual requires lib:z;
installed zlib-1-1 provides lib:z = 1-1;
job remove zlib
expect problem: zlib is to be removed; a-1-1 needs lib:z; a-1-1 is installed and may not be removed
