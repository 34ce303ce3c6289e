"""Fuzzing of the image classifier: makes malformed input, runs the program, and checks the outcome."""
