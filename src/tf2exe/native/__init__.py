"""Native files: reads and changes ELF and PE files, and finds their dependencies."""
