installed d-1-1 manual requires e;
installed e-1-1
job autoremove
expect nothing
