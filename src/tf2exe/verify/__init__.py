"""Stage *verify*: runs a program in Python and as an executable, and compares the results."""
