# The newer library would break a program: both stay.
installed a-1-1 manual requires z < 2;
installed z-1-1
available a-1-1 requires z < 2;
available z-2-1
job upgrade
expect nothing
expect kept back z-2-1
