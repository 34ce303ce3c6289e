"""Stage *compile*: the application's modules become C, and the C programs become the launchers."""
