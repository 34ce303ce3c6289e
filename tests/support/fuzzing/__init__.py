"""Fuzzing of the image classifier: malformed input is made, tried and its outcome checked."""
