# Each user gets the series that it was built with.
available lua@5.3-5.3.5-1 provides lua = 5.3.5-1, lib:lua@5.3 = 5.3.5-1;
available lua@5.4-5.4.3-1 provides lua = 5.4.3-1, lib:lua@5.4 = 5.4.3-1;
available old-1-1 requires lib:lua@5.3;
available new-1-1 requires lib:lua@5.4;
job install old
job install new
expect new lua@5.3-5.3.5-1: needed by old-1-1 (lib:lua@5.3)
expect new lua@5.4-5.4.3-1: needed by new-1-1 (lib:lua@5.4)
expect new new-1-1 manual: asked for
expect new old-1-1 manual: asked for
