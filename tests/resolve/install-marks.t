# What was only needed by others becomes what a person asked for.
installed a-1.0-1
available a-1.0-1
job install a
expect marked a-1.0-1 manual: asked for
