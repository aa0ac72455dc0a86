installed zlib-ng-2-1 manual provides lib:z = 1.3-1;
available zlib-1.3-1 provides lib:z = 1.3-1;
available zlib-ng-2-1 provides lib:z = 1.3-1;
available user-1-1 requires lib:z;
job install user
expect new user-1-1 manual: asked for
