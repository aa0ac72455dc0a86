available sqlite-3-1
installed dash-1-1
job remove dahs
expect error: dahs: not installed (did you mean dash?)
