# The version says which series is meant.
available lua@5.3-5.3.6-1 provides lua = 5.3.6-1;
available lua@5.4-5.4.4-1 provides lua = 5.4.4-1;
job install lua<5.4
expect new lua@5.3-5.3.6-1 manual: asked for
