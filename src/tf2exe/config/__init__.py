"""Stage *config*: settings, application, data files and samples, parsed once."""
