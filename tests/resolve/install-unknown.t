available sqlite-3.40-1
job install sqlit
expect error: sqlit: no such package (did you mean sqlite?)
