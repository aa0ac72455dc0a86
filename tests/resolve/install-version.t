available a-1.9-1
available a-1.9-2
available a-1.10-1
job install a=1.9
expect new a-1.9-2 manual: asked for
