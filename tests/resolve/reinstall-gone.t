installed a-1-1 manual
available a-2-1
job reinstall a
expect error: a-1-1: no repository has this version any more
