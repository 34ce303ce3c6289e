"""Stage *report*: writes `report.json`; reads builds and executables for `explain` and `inspect`."""
