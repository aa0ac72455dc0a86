# A package without series becomes one with.
installed lua-5.3.5-1 manual
available lua@5.3-5.3.6-1 provides lua = 5.3.6-1; replaces lua;
available lua@5.4-5.4.3-1 provides lua = 5.4.3-1;
job upgrade
expect removed lua-5.3.5-1: replaced by lua@5.3-5.3.6-1
expect new lua@5.3-5.3.6-1 manual: replaces lua-5.3.5-1
