available a-1-1 conflicts b;
available b-1-1
available c-1-1 requires a, b;
job install c
expect problem: c-1-1 needs a; c-1-1 needs b; a-1-1 conflicts with b (b-1-1)
