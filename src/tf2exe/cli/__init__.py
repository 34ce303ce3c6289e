"""The command line: a module per command, and every message for people."""
