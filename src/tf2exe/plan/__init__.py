"""Stage *plan*: which modules, packages, files and options, each with its reason."""
