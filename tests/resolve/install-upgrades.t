installed a-1.0-1
available a-1.0-1
available a-2.0-1
job install a
expect upgraded a-2.0-1 manual: asked for
