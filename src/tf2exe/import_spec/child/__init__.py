"""Runs a `.spec` with stand-ins for PyInstaller, in a child process; it imports little of tf2exe."""
