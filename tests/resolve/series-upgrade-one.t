installed lua@5.3-5.3.5-1 manual provides lua = 5.3.5-1;
installed lua@5.4-5.4.3-1 manual provides lua = 5.4.3-1;
available lua@5.3-5.3.6-1 provides lua = 5.3.6-1;
available lua@5.4-5.4.4-1 provides lua = 5.4.4-1;
job upgrade lua@5.3
expect upgraded lua@5.3-5.3.6-1 manual: asked for
