"""Stage *compile*: compiles the application with Nuitka, and the launchers with a C compiler."""
