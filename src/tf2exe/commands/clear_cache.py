"""`tf2exe clear-cache`: deletes what onefiles have unpacked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import unpacked

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "clear-cache"
HELP = (
    "Delete what single files have unpacked for you on this machine, except what runs. On a machine without"
    " tf2exe, TF2EXE_CLEAR_CACHE=1 before the command does it for one program."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds whose."""
    parser.add_argument(
        "programs",
        nargs="*",
        metavar="NAME|EXECUTABLE",
        help="Only what this program has unpacked. Without one: what every program has.",
    )


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: something could not be deleted."""
    names = {unpacked.name_in(Path(what)) if Path(what).is_file() else what for what in arguments.programs}
    told = os.environ.get("HOME")
    home = Path(told) if told else Path.home()
    folders = unpacked.programs(unpacked.cache_folders(os.environ, home))
    cleared = [unpacked.clear(folder) for folder in folders if not names or folder.name in names]
    for done in cleared:
        kept = f", kept {done.in_use} in use" if done.in_use else ""
        failed = ", something there is in use or cannot be deleted" if done.failed else ""
        sys.stdout.write(f"{done.folder}: removed {done.removed} unpacked version(s){kept}{failed}\n")
    if not cleared:
        sys.stdout.write("nothing is unpacked\n")
    return 1 if any(done.failed for done in cleared) else 0
