"""`tf2exe inspect`: shows the contents and the system requirements of an executable."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cli.text import count_noun, new_console, print_facts, print_text
from tf2exe.report.inspect import Inspection, inspect_executable

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "inspect"
HELP = (
    "Report the contents and the system requirements (libraries, glibc, Windows version) of an executable"
    " without running it. Libraries loaded with dlopen, LoadLibrary or ctypes are not detected."
)
FORMAT = 2
MOST_SYMBOLS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the executable and the option for JSON."""
    parser.add_argument(
        "executable", type=Path, help="A onefile, a standalone folder, or the program in one, for any system."
    )
    parser.add_argument("--json", action="store_true", help="Write it as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: something that is needed is missing."""
    found = inspect_executable(arguments.executable)
    if arguments.json:
        sys.stdout.write(json.dumps({"format": FORMAT, **asdict(found)}, indent=1) + "\n")
    else:
        _show(found, new_console())
    return 1 if found.missing else 0


def _show(found: Inspection, console: Console) -> None:
    form = "one file" if found.mode == "onefile" else "a folder"
    lines = [
        ("program", f"{found.name}, {found.mode}"),
        ("runs on", f"{found.system}, {found.architecture}"),
        ("size", f"{found.size / 1e6:,.1f} MB as {form}"),
        (
            "contains",
            f"{found.files:,} files, {found.native:,} of them native, {found.unpacked / 1e6:,.1f} MB",
        ),
    ]
    lines += [("identity", found.identity)] if found.identity else []
    lines += [("loader", found.loader)] if found.loader else []
    lines += [("console", "no" if found.subsystem == "windows" else "yes")] if found.subsystem else []
    if found.system == "windows":
        lines += [("signature", "present, not checked" if found.is_signed else "none")]
    lines += [("needs", f"{found.minimum_system} or newer")] if found.minimum_system else []
    print_facts(console, lines)
    print_text(console, "system libraries, with the file and symbols that need the newest version:")
    for library in found.libraries:
        more = len(library.symbols) - MOST_SYMBOLS
        symbols = ", ".join(library.symbols[:MOST_SYMBOLS]) + (f" and {more} more" if more > 0 else "")
        version = f" {library.version}" if library.version else ""
        why = f"{library.file} ({symbols})" if symbols else library.file
        users = count_noun(library.files, "file")
        print_text(console, f"{library.name}{version}: {why}; used by {users}", head="  ", hang=2)
    for library in found.optional:
        text = f"{library.name}, imported by {library.file}: {library.reason}"
        print_text(console, text, head="not bundled: ")
    for library in found.missing:
        text = f"{library.name}, required by {library.file}, is neither bundled nor part of every system"
        print_text(console, text, head="missing: ", style="red")
    if not found.missing:
        print_text(console, "no library is missing")
