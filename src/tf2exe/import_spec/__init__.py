"""Turns a `.spec` of PyInstaller, a program, into `[tool.tf2exe]`, which is data; nothing of it is run."""
