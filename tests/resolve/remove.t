installed a-1-1 manual
installed b-1-1 manual
job remove a
expect removed a-1-1: asked for
