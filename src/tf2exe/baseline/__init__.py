"""The baseline: the same application, built with PyInstaller as an experienced user would."""
