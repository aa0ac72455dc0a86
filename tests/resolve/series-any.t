# A need that any series meets: what is installed serves, too.
installed lua@5.3-5.3.5-1 manual provides lua = 5.3.5-1;
available lua@5.3-5.3.5-1 provides lua = 5.3.5-1;
available lua@5.4-5.4.3-1 provides lua = 5.4.3-1;
available script-1-1 requires lua >= 5.1;
job install script
expect new script-1-1 manual: asked for
