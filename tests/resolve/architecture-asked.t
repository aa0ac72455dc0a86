available linux-6.1-1 only-for x86_64
job install linux
expect error: linux-6.1-1: is for x86_64, not for this machine
