"""The cross-build toolchain: Wine, CPython for Windows, packages and Zig."""
