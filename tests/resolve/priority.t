available a-1-1 from site priority 10
available a-2-1 from base
job install a
expect new a-1-1 manual: asked for
