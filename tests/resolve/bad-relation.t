available a-1-1 requires lib:z >> 1;
job install a
expect error: a-1-1: relation "lib:z >> 1": expected one of = < <= > >= after the name
