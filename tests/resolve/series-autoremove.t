installed lua@5.3-5.3.5-1 provides lua = 5.3.5-1, lib:lua@5.3 = 5.3.5-1;
installed lua@5.4-5.4.3-1 provides lua = 5.4.3-1, lib:lua@5.4 = 5.4.3-1;
installed new-1-1 manual requires lib:lua@5.4;
job autoremove
expect removed lua@5.3-5.3.5-1: nothing needs it any more
