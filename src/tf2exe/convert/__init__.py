"""Stage *convert*: converts models for the runtime of the executable."""
