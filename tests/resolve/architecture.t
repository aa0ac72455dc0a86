# A package for other machines is never chosen, and a person is told why.
available linux-6.1-1 only-for x86_64
available system-1-1 requires linux;
job install system
expect problem: system-1-1 needs linux, which only linux-6.1-1 provides: that is for x86_64, not for this machine
