# All who need it are told, but those that go, too, and those that find it elsewhere.
installed a-1-1 manual requires lib:z;
installed b-1-1 manual requires lib:z, lib:y;
installed c-1-1 manual requires lib:z;
installed d-1-1 manual requires lib:x;
installed x-1-1 provides lib:x = 1-1;
installed zlib-1-1 provides lib:z = 1-1, lib:x = 2-1;
job remove zlib
job remove c
expect problem: zlib-1-1 is needed by a-1-1 (lib:z), b-1-1 (lib:z)
