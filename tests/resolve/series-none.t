available lua@5.3-5.3.5-1 provides lua = 5.3.5-1;
job install lua@5.9
expect error: lua@5.9: no such package (did you mean lua@5.3?)
