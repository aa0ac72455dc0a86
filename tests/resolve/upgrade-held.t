installed a-1-1 manual held
installed b-1-1 manual
available a-2-1
available b-2-1
job upgrade
expect upgraded b-2-1 manual: newer version
expect kept back a-2-1
