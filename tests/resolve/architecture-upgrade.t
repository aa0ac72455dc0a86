installed tool-1-1 manual
available tool-2-1 only-for riscv64
job upgrade
expect nothing
