"""The settings of an executable. The build replaces this module; these values are for a compiled script."""

IS_SCRIPT = True
"""The application is a script, not a package; `main_module.c` reads it."""

MAIN_FILE = ""
"""The file name of the main module if it is bundled; empty if it is compiled."""

PYINSTALLER_COMPAT = False
"""Set `sys.frozen` and `sys._MEIPASS` (setting `pyinstaller-compat`)."""

WINDOWED = False
"""The executable has no console (Windows)."""
