# A name means one of the series, not all that are there.
installed lua@5.3-5.3.5-1 provides lua = 5.3.5-1;
installed lua@5.4-5.4.3-1 provides lua = 5.4.3-1;
installed user-1-1 manual requires lua@5.3, lua@5.4;
job install lua
expect marked lua@5.4-5.4.3-1 manual: asked for
