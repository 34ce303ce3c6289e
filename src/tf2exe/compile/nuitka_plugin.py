"""A plug-in for Nuitka, which loads it by path: changes the generated C files before they are compiled."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import nuitka
from nuitka.ModuleRegistry import getCompiledModules
from nuitka.plugins.PluginBase import NuitkaPluginBase

MODULE_LIST = "modules.json"
"""The file with the names of the compiled modules, in the folder of the C files. Nuitka's own report has them
too, but takes more than a second, because it reads the file lists of every installed package."""


class LessToCompile(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka has no types
    """Reduces the work of the C compiler."""

    plugin_name = __file__

    def onGeneratedSourceCode(self, source_dir: str, onefile: bool) -> None:  # noqa: FBT001, N802 - Nuitka's
        """Nuitka calls this when all C files are written."""
        if onefile:
            return
        sources = Path(source_dir)
        names = sorted(str(module.getFullName()) for module in getCompiledModules())
        (sources / MODULE_LIST).write_text(json.dumps(names), encoding="utf-8")
        room = Path(__file__).parent  # run by path, because Nuitka's process may be unable to import tf2exe
        runpy.run_path(str(room / "unity_build.py"))["join_modules"](sources)
        runpy.run_path(str(room / "runtime_trimming.py"))["trim_runtime"](
            Path(nuitka.__file__).parent / "build", sources
        )
