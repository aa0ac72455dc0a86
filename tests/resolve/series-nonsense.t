available lua@5.3-5.3.5-1 provides lua = 5.3.5-1;
job install lua@
expect error: lua@: not a package, as NAME or NAME=VERSION or "NAME >= VERSION"
