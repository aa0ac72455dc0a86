available sqlite-3-1
available jq-1-1
job install sqltie
expect error: sqltie: no such package (did you mean sqlite?)
