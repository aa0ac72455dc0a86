# What was broken before does not stop other changes.
installed broken-1-1 manual requires gone;
available a-1-1
job install a
expect new a-1-1 manual: asked for
