# A name without a series: the newest one.
available lua@5.3-5.3.6-1 provides lua = 5.3.6-1;
available lua@5.4-5.4.4-1 provides lua = 5.4.4-1;
job install lua
expect new lua@5.4-5.4.4-1 manual: asked for
