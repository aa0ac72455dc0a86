installed a-1-1 manual requires b;
installed b-1-1 requires c;
installed c-1-1
installed d-1-1 manual requires e;
installed e-1-1
installed f-1-1 held
job remove a
job autoremove
expect removed a-1-1: asked for
expect removed b-1-1: needs c, which is no longer there
expect removed c-1-1: nothing needs it any more
