available a-1-1
job remove a
expect error: a: not installed
