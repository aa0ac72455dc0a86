# A local file is used when it is named, and only then.
available a-1-1 file requires lib:z;
available zlib-1.2-1 provides lib:z = 1.2-1;
available zlib-9-1 file provides lib:z = 9-1;
job file a-1-1
expect new a-1-1 manual file: asked for
expect new zlib-1.2-1: needed by a-1-1 (lib:z)
