"""Stage *package*: a folder or a single file, and its signature."""
