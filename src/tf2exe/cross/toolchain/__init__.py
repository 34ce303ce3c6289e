"""Prepares what builds Windows executables on Linux, and runs the builder in it."""
