available sqlite-3.40-1
job install emacs
expect error: emacs: no such package (try 'weld update' or 'weld search')
