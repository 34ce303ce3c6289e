"""A plugin of Nuitka, which loads it by its path: what is done to its C files before they are compiled."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import nuitka
from nuitka.ModuleRegistry import getCompiledModules
from nuitka.plugins.PluginBase import NuitkaPluginBase

MODULES = "modules.json"
"""Beside the C files: the names of what became C. Nuitka's own report has them too, and for it Nuitka reads
the lists of files of every package that is installed: a second and more while nothing else is left to do."""


class FewerSources(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka has no types
    """Lets the C compiler read less."""

    plugin_name = __file__

    def onGeneratedSourceCode(self, source_dir: str, onefile: bool) -> None:  # noqa: FBT001, N802 - Nuitka's
        """Called by Nuitka when all C files are there."""
        if onefile:
            return
        sources = Path(source_dir)
        names = sorted(str(module.getFullName()) for module in getCompiledModules())
        (sources / MODULES).write_text(json.dumps(names), encoding="utf-8")
        beside = Path(__file__).parent  # tf2exe itself need not be importable where Nuitka runs
        runpy.run_path(str(beside / "unity_build.py"))["join"](sources)
        runpy.run_path(str(beside / "runtime_trimming.py"))["reduce"](
            Path(nuitka.__file__).parent / "build", sources
        )
