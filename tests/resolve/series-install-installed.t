# What is installed of a name is what is meant by it: upgraded, and not joined by a newer series.
installed lua@5.3-5.3.5-1 provides lua = 5.3.5-1;
available lua@5.3-5.3.6-1 provides lua = 5.3.6-1;
available lua@5.4-5.4.4-1 provides lua = 5.4.4-1;
job install lua
expect upgraded lua@5.3-5.3.6-1 manual: asked for
