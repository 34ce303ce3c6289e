"""Stage *trace*: runs the samples in Python and records what they load."""
