installed a-1-1 held
available a-2-1
available b-1-1 requires a >= 2;
job install b
may change-held
expect upgraded a-2-1: needed by b-1-1 (a >= 2)
expect new b-1-1 manual: asked for
