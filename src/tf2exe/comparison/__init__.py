"""The comparison: the same program in Python, with PyInstaller and with tf2exe, measured side by side."""
