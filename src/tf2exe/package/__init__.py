"""Stage *package*: makes a folder or a onefile, writes its manifest and signs it."""
