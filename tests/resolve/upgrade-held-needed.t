installed a-1-1 held
available a-2-1
available b-1-1 requires a >= 2;
job install b
expect problem: a-1-1 is held (run 'weld unhold a'); b-1-1 needs a >= 2; a-2-1 and a-1-1 cannot be installed together
