"""Facts about the source code and the environment: modules, imports, names, installed distributions."""
