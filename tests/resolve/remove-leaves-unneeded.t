installed a-1-1 manual requires lib:z;
installed zlib-1-1 provides lib:z = 1-1;
job remove a
expect removed a-1-1: asked for
expect unneeded zlib-1-1
