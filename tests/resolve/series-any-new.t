available lua@5.10-5.10.1-1 provides lua = 5.10.1-1;
available lua@5.3-5.3.5-1 provides lua = 5.3.5-1;
available lua@5.4-5.4.3-1 provides lua = 5.4.3-1;
available script-1-1 requires lua >= 5.1;
job install script
expect new lua@5.10-5.10.1-1: needed by script-1-1 (lua >= 5.1)
expect new script-1-1 manual: asked for
