available a-1.9-1
available a-2.0-1
available a-2.1-1
job install a < 2.1
expect new a-2.0-1 manual: asked for
