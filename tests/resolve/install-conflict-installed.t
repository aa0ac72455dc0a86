# Nothing is removed that nobody asked to remove.
installed b-1-1 manual
available a-1-1 conflicts b;
available b-1-1
job install a
expect problem: a-1-1 conflicts with b (b-1-1); b-1-1 is installed and may not be removed
