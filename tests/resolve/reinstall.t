installed a-1-1 manual
available a-1-1
available a-2-1
job reinstall a
expect reinstalled a-1-1 manual: asked for
