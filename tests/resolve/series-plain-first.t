# A package that has the name itself is what the name means.
available lua-5.2-1
available lua@5.4-5.4.4-1 provides lua = 5.4.4-1;
job install lua
expect new lua-5.2-1 manual: asked for
