# One that is named is not silently left as it is.
installed a-1-1 manual requires z < 2;
installed z-1-1
available z-1-1
available z-2-1
job upgrade z
expect problem: z-1-1 cannot be upgraded; a-1-1 needs z < 2; z-2-1 and z-1-1 cannot be installed together; a-1-1 is installed and may not be removed
