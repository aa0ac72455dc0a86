installed a-1-1 manual requires lib:z;
installed zlib-1-1 provides lib:z = 1-1;
job remove zlib
may remove
expect removed a-1-1: needs lib:z, which is no longer there
expect removed zlib-1-1: asked for
