installed a-2-1 manual
available a-1-1
job upgrade
expect nothing
