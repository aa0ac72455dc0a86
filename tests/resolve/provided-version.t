available user-1-1 requires lib:z >= 1.2;
available zlib-1.1-1 provides lib:z = 1.1-1;
available zlib-1.3-1 provides lib:z = 1.3-1;
job install user
expect new user-1-1 manual: asked for
expect new zlib-1.3-1: needed by user-1-1 (lib:z >= 1.2)
