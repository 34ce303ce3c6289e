"""Stage *assemble*: lays out the standalone folder."""
