"""The onefile format, written and read; the cache on the user's machine."""
