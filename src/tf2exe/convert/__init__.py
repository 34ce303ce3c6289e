"""Stage *convert*: models for the runtime that the executable contains."""
