"""Stage *assemble*: lays out the folder that starts as it is."""
