# The whole chain is told.
available a-1-1 requires b;
available b-1-1 requires c >= 2;
available c-1-1
job install a
expect problem: a-1-1 needs b; b-1-1 needs c >= 2, which nothing provides
