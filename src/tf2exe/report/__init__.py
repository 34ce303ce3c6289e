"""Stage *report*, and what `explain` and `inspect` show."""
