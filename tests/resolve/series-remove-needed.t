installed lua@5.3-5.3.5-1 provides lua = 5.3.5-1, lib:lua@5.3 = 5.3.5-1;
installed lua@5.4-5.4.3-1 provides lua = 5.4.3-1, lib:lua@5.4 = 5.4.3-1;
installed old-1-1 manual requires lib:lua@5.3;
installed new-1-1 manual requires lib:lua@5.4;
job remove lua@5.3
expect problem: lua@5.3-5.3.5-1 is needed by old-1-1 (lib:lua@5.3)
