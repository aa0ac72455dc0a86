installed lua@5.3-5.3.5-1 manual provides lua = 5.3.5-1;
installed lua@5.4-5.4.3-1 manual provides lua = 5.4.3-1;
job remove lua@5.3
expect removed lua@5.3-5.3.5-1: asked for
