"""What the source code and the environment say: modules, imports, names, installed distributions."""
