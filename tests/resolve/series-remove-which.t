# Nothing is removed by a name that two have.
installed lua@5.3-5.3.5-1 manual provides lua = 5.3.5-1;
installed lua@5.4-5.4.3-1 manual provides lua = 5.4.3-1;
job remove lua
expect error: lua: is installed as lua@5.3, lua@5.4 (name the series)
