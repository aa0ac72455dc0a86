# The newest that is for this machine.
available tool-1-1
available tool-2-1 only-for riscv64
job install tool
expect new tool-1-1 manual: asked for
