"""A plugin of Nuitka, which loads it by its path: the file that takes longest is compiled first.

Scons compiles in the order of names, folder by folder, and Nuitka's own run-time library comes last: a
quarter of all the compiling, while the other processors have nothing left to do.
"""

from __future__ import annotations

from pathlib import Path

from nuitka.plugins.PluginBase import NuitkaPluginBase

LONGEST = "static_src/CompiledFunctionType.c"
FIRST = "__compiled_function_type.c"
"""Its name in the folder that comes first, before those that Nuitka writes."""


class CompileOrder(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka has no types
    """Puts the longest file first."""

    plugin_name = __file__

    def onGeneratedSourceCode(self, source_dir: str, onefile: bool) -> None:  # noqa: FBT001, N802 - Nuitka's
        """Called by Nuitka when all C files are there; where it names them otherwise, nothing happens."""
        longest = Path(source_dir, LONGEST)
        if not onefile and longest.is_file():
            longest.replace(Path(source_dir, FIRST))
