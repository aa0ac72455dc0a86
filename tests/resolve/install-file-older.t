installed a-2-1 manual
available a-1-1 file
job file a-1-1
expect downgraded a-1-1 manual file: asked for
