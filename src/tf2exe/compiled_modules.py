"""A plugin of Nuitka, which loads it by its path: it writes down which modules became C.

Nuitka's own report has them too, and for it Nuitka reads the lists of files of every package that is installed,
a second and more at the end of a build, while nothing else is left to do.
"""

from __future__ import annotations

import json
from pathlib import Path

from nuitka.ModuleRegistry import getCompiledModules
from nuitka.plugins.PluginBase import NuitkaPluginBase

LIST = "modules.json"
"""Their full names, beside the C files."""


class CompiledModules(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka has no types
    """Writes the list."""

    plugin_name = __file__

    def onGeneratedSourceCode(self, source_dir: str, onefile: bool) -> None:  # noqa: ARG002, FBT001, N802 - Nuitka's
        """Called by Nuitka when all C files are there."""
        names = sorted(str(module.getFullName()) for module in getCompiledModules())
        Path(source_dir, LIST).write_text(json.dumps(names), encoding="utf-8")
