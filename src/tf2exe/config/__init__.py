"""Stage *config*: settings, target, application, data files and samples."""
