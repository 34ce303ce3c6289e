"""`tf2exe inspect`: what an executable is, holds, and needs of a machine."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tf2exe.inspection.inspect import Inspection, inspect

if TYPE_CHECKING:
    import argparse

NAME = "inspect"
HELP = (
    "Report the contents and the system requirements (libraries, glibc, Windows version) of an executable"
    " without running it. Libraries loaded with dlopen, LoadLibrary or ctypes are not detected."
)
FORMAT = 2
MOST_SYMBOLS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds which, and the form of the output."""
    parser.add_argument(
        "executable", type=Path, help="A onefile, a standalone folder, or the program in one, for any system."
    )
    parser.add_argument("--json", action="store_true", help="Write it as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: something that is needed is missing."""
    found = inspect(arguments.executable)
    if arguments.json:
        sys.stdout.write(json.dumps({"format": FORMAT, **asdict(found)}, indent=1) + "\n")
    else:
        _show(found, Console())
    return 1 if found.missing else 0


def _show(found: Inspection, console: Console) -> None:
    form = "one file" if found.mode == "onefile" else "a folder"
    lines = [
        ("program", f"{found.name}, {found.mode}"),
        ("runs on", f"{found.system}, {found.architecture}"),
        ("size", f"{found.size / 1e6:.1f} MB as {form}"),
        ("contains", f"{found.files} files, {found.native} of them native, {found.unpacked / 1e6:.1f} MB"),
    ]
    lines += [("identity", found.identity)] if found.identity else []
    lines += [("loader", found.loader)] if found.loader else []
    lines += [("console", "no" if found.subsystem == "windows" else "yes")] if found.subsystem else []
    if found.system == "windows":
        lines += [("signature", "present, not checked" if found.is_signed else "none")]
    lines += [("needs", f"{found.minimum_system} or newer")] if found.minimum_system else []
    for name, value in lines:
        console.print(f"{name:>9}  {escape(value)}", highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, title="system libraries that it needs", title_justify="left")
    for heading in ("library", "version", "needed by", "symbols", "files"):
        justify: Literal["left", "right"] = "right" if heading == "files" else "left"
        table.add_column(heading, justify=justify, no_wrap=heading == "library", overflow="fold")
    for library in found.libraries:
        more = len(library.symbols) - MOST_SYMBOLS
        symbols = ", ".join(library.symbols[:MOST_SYMBOLS]) + (f" and {more} more" if more > 0 else "")
        cells = (library.name, library.version, library.file, symbols, str(library.files))
        table.add_row(*map(escape, cells))
    console.print(table)
    for library in found.optional:
        text = f"not bundled: {library.name}, which {library.file} imports: {library.reason}"
        console.print(escape(text), highlight=False, soft_wrap=True)
    for library in found.missing:
        text = f"missing: {library.name}, which {library.file} needs, is neither bundled nor on every machine"
        console.print(f"[red]{escape(text)}[/red]", highlight=False, soft_wrap=True)
    if not found.missing:
        console.print("nothing is missing", highlight=False)
