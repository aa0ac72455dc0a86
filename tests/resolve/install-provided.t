available zlib-1.2-1 provides lib:z = 1.2-1;
job install lib:z
expect new zlib-1.2-1 manual: asked for
