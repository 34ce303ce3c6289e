"""Runs samples, in Python and in the executable; reads a corpus."""
