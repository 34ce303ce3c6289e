"""Stage *verify*: compares the executable with Python."""
