"""Reads `nuitka_options/`: what is known about Nuitka, platforms, packages and runtimes."""
