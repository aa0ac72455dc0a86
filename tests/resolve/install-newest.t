available a-1.9-1
available a-1.10-1
available a-1.10-2
available a-1.10~rc1-1
job install a
expect new a-1.10-2 manual: asked for
