available linux-6.1-1 file only-for x86_64
job file linux-6.1-1
expect error: linux-6.1-1: is for x86_64, not for this machine
