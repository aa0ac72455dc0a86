job install A/../b
expect error: A/../b: not a package, as NAME or NAME=VERSION or "NAME >= VERSION"
