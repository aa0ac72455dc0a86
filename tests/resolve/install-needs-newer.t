installed z-1-1
installed old-1-1 manual requires z;
available z-1-1
available z-2-1
available a-1-1 requires z >= 2;
job install a
expect new a-1-1 manual: asked for
expect upgraded z-2-1: needed by a-1-1 (z >= 2)
