installed a-2-1 manual
available a-1-1
available a-2-1
job upgrade a
expect nothing
