"""The baseline: the same application built with PyInstaller, as a good user of it would."""
