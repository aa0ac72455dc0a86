# Series stand beside each other unless a package says otherwise.
installed lua@5.3-5.3.5-1 manual provides lua = 5.3.5-1;
available lua@5.4-5.4.3-1 provides lua = 5.4.3-1; conflicts lua@5.3;
job install lua@5.4
expect problem: lua@5.4-5.4.3-1 conflicts with lua@5.3 (lua@5.3-5.3.5-1); lua@5.3-5.3.5-1 is installed and may not be removed
