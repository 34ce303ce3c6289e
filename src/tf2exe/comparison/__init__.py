"""Measures a program in Python, built by PyInstaller and built by tf2exe, side by side."""
