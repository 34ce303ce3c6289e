"""The entry module that Nuitka compiles: the application's main module, or a generated one."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.analysis.import_statements import absolute_module

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.plan.module_placement import ModulePlacement

RELATIVE_IMPORT = r"from\s*\.[\s.]*{name}\s*(?=import\b|\\)"
"""The beginning of a relative import; Python allows blanks around each dot."""


@dataclass(frozen=True)
class EntryModule:
    """The source file that Nuitka gets; its name becomes the name of the native module.

    Attributes:
        name: the file name.
        source: the content.
    """

    name: str
    source: bytes

    def write(self, stage: Path) -> Path:
        """Writes the file into a new, empty folder."""
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        path = stage / self.name
        path.write_bytes(self.source)
        return path


def make_entry_module(application: Application, placements: tuple[ModulePlacement, ...]) -> EntryModule:
    """The entry module of an application.

    It is the main module if that is compiled. Otherwise it imports the entry point, or is empty.
    """
    main = next((placement for placement in placements if placement.module.name == "__main__"), None)
    if main is None:
        module, _, function = application.entry.target.partition(":")
        text = f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n"
        return EntryModule("__main__.py", text.encode())
    if not main.compiled:
        return EntryModule(
            "_tf2exe_application.py",
            b'"""The compiled modules of an application whose main module is bundled as bytecode."""\n',
        )
    package = application.entry.target if application.entry.kind == "package" else ""
    return EntryModule("__main__.py", main_module_source(main, package))


def main_module_source(main: ModulePlacement, package: str) -> bytes:
    """The main module's source, with the relative imports of a package's ``__main__`` made absolute.

    Nuitka compiles the module without its package, so relative imports would fail. Lines keep their numbers.
    """
    text = main.module.path.read_bytes()
    if not package:
        return text
    lines = text.splitlines(keepends=True)
    relative = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.level]
    # From the end of each line to its start, so that the columns of earlier imports stay valid.
    for node in sorted(relative, key=lambda node: -node.col_offset):
        base = absolute_module(node, package)
        line = lines[node.lineno - 1]
        start, rest = line[: node.col_offset], line[node.col_offset :]
        written = RELATIVE_IMPORT.format(name=r"\s*\.\s*".join((node.module or "").split(".")))
        lines[node.lineno - 1] = start + re.sub(written.encode(), b"from %s " % base.encode(), rest, count=1)
    return b"".join(lines)
