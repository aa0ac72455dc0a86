available lua@a-1-1 provides lua = 1-1;
available lua@b-1-1 provides lua = 1-1;
job install lua
expect new lua@b-1-1 manual: asked for
