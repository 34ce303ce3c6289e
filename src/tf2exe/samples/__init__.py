"""Runs samples, in Python and as an executable; reads a corpus."""
