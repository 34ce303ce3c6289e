"""The file that Nuitka begins with: the application's main module, or what stands for it."""

from __future__ import annotations

import ast
import re
import shutil
from typing import TYPE_CHECKING

from tf2exe.module_names import imported_from

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.application import Application
    from tf2exe.fates import Fate
    from tf2exe.plan import BuildPlan

RELATIVE = r"from\s*\.[\s.]*{name}\s*(?=import\b|\\)"
"""How a relative import begins; Python allows blanks around each dot."""


def write(application: Application, plan: BuildPlan, stage: Path) -> Path:
    """Writes it into a folder of its own; it decides the name of the native module."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    main = next((fate for fate in plan.fates if fate.module.name == "__main__"), None)
    if main is None:
        module, _, function = application.entry.target.partition(":")
        path = stage / "__main__.py"
        path.write_text(
            f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n", encoding="utf-8"
        )
        return path
    if main.how == "carried":
        path = stage / "_tf2exe_application.py"
        path.write_text(
            '"""Holds the compiled modules beside a main module that is carried."""\n', encoding="utf-8"
        )
        return path
    path = stage / "__main__.py"
    package = application.entry.target if application.entry.kind == "package" else ""
    path.write_bytes(main_source(main, package))
    return path


def main_source(main: Fate, package: str) -> bytes:
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
