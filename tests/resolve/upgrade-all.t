installed a-1-1 manual requires b;
installed b-1-1
installed c-3-1 manual
available a-2-1 requires b, new;
available b-1-2
available c-2-1
available new-1-1
job upgrade
expect upgraded a-2-1 manual: newer version
expect upgraded b-1-2: newer version
expect new new-1-1: needed by a-2-1 (new)
