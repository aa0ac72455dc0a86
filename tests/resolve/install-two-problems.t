available a-1-1 requires x;
available b-1-1 requires y;
job install a
job install b
expect problem: a-1-1 needs x, which nothing provides
expect problem: b-1-1 needs y, which nothing provides
