"""Programs in C and Python that run on the user's machine, a folder per program."""
