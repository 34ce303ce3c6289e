"""Convert a PyInstaller `.spec`, which is a program, to `[tool.tf2exe]`, which is data, by running it."""
