installed a-1-1 manual
installed b-1-1 manual
available a-2-1
available b-2-1
job upgrade a
expect upgraded a-2-1 manual: asked for
