# A version that is asked for may be older than the installed one.
installed a-2.0-1 manual
available a-1.0-1
available a-2.0-1
job install a=1.0
expect downgraded a-1.0-1 manual: asked for
