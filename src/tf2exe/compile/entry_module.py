"""The file that Nuitka begins with: the application's main module, or what stands for it."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.analysis.modules import imported_from

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.plan.module_placement import ModulePlacement

RELATIVE = r"from\s*\.[\s.]*{name}\s*(?=import\b|\\)"
"""How a relative import begins; Python allows blanks around each dot."""


@dataclass(frozen=True)
class RootModule:
    """A file that decides the name of the native module.

    Attributes:
        name: of the file.
        source: its bytes.
    """

    name: str
    source: bytes

    def write(self, stage: Path) -> Path:
        """Writes it into a folder of its own."""
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        path = stage / self.name
        path.write_bytes(self.source)
        return path


def root_module(application: Application, placements: tuple[ModulePlacement, ...]) -> RootModule:
    """What Nuitka begins with."""
    main = next((placement for placement in placements if placement.module.name == "__main__"), None)
    if main is None:
        module, _, function = application.entry.target.partition(":")
        text = f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n"
        return RootModule("__main__.py", text.encode())
    if not main.compiled:
        return RootModule(
            "_tf2exe_application.py",
            b'"""Holds the compiled modules beside a main module that is carried."""\n',
        )
    package = application.entry.target if application.entry.kind == "package" else ""
    return RootModule("__main__.py", main_source(main, package))


def main_source(main: ModulePlacement, package: str) -> bytes:
    """The main module's source; in a package's ``__main__`` relative imports become absolute, line by line.

    Compiled on its own the module has no package, and its imports would begin nowhere.
    """
    text = main.module.path.read_bytes()
    if not package:
        return text
    lines = text.splitlines(keepends=True)
    relative = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.level]
    # From the end of each line on, so that the columns of those before stay right.
    for node in sorted(relative, key=lambda node: -node.col_offset):
        base = imported_from(node, package)
        line = lines[node.lineno - 1]
        start, rest = line[: node.col_offset], line[node.col_offset :]
        written = RELATIVE.format(name=r"\s*\.\s*".join((node.module or "").split(".")))
        lines[node.lineno - 1] = start + re.sub(written.encode(), b"from %s " % base.encode(), rest, count=1)
    return b"".join(lines)
