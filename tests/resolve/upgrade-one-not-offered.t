installed a-2-1 manual
job upgrade a
expect nothing
