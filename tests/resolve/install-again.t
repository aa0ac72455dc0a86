installed a-1.0-1 manual
available a-1.0-1
job install a
expect nothing
