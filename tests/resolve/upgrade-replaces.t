# A renamed package passes its mark on.
installed old-1-1 manual
available old-1-1
available new-2-1 replaces old < 2; provides old = 2-1;
job upgrade
expect new new-2-1 manual: replaces old-1-1
expect removed old-1-1: replaced by new-2-1
