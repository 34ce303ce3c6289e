"""Stage *package*: a folder or a onefile, its manifest and its signature."""
