"""Hostile input for the image classifier: made, run and judged."""
