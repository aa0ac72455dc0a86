available a-1-1 requires b;
available b-1-1 requires a;
job install a
expect new a-1-1 manual: asked for
expect new b-1-1: needed by a-1-1 (b)
