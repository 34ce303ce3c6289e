"""Builds for Windows on Linux."""
