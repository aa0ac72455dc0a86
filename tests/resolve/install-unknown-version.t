available a-1.0-1
job install a=2.0
expect error: a = 2.0: no such version (there is 1.0-1)
