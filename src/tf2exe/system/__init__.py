"""Processes, signals, files and threads of the machine that runs the builder."""
