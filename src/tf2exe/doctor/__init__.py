"""Checks of the machine before a build."""
