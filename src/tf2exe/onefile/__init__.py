"""The onefile format: packs and reads archives, and finds their unpacked files in the user's cache."""
