installed b-1-1 manual
available a-1-1 conflicts b;
available b-1-1
job install a
may remove
expect new a-1-1 manual: asked for
expect removed b-1-1: conflicts with a-1-1
