"""Reads and changes ELF and PE files."""
