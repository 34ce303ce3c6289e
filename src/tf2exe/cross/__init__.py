"""Windows builds on Linux: commands that run in Wine, and the toolchain for them."""
