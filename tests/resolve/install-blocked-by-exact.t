installed z-1-1
installed old-1-1 manual requires z = 1;
available z-2-1
available a-1-1 requires z >= 2;
job install a
expect problem: a-1-1 needs z >= 2; old-1-1 needs z = 1; z-2-1 and z-1-1 cannot be installed together; old-1-1 is installed and may not be removed
