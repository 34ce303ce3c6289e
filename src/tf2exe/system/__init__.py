"""Processes, signals, files and threads of the build machine."""
