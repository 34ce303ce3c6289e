"""`tf2exe clear-cache`: deletes the unpacked files of onefile executables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cli.text import count_noun, new_console, print_text
from tf2exe.onefile import unpack_cache

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "clear-cache"
HELP = (
    "Delete the unpacked files of onefile executables from your cache, except those in use. On a machine "
    "without tf2exe, start the executable with TF2EXE_CLEAR_CACHE=1."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the programs."""
    parser.add_argument(
        "programs",
        nargs="*",
        metavar="NAME|EXECUTABLE",
        help="Only the files of this program (default: of all programs).",
    )


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: something could not be deleted."""
    names = {
        unpack_cache.read_program_name(Path(given)) if Path(given).is_file() else given
        for given in arguments.programs
    }
    variable = os.environ.get("HOME")
    home = Path(variable) if variable else Path.home()
    folders = unpack_cache.program_folders(unpack_cache.cache_folders(os.environ, home))
    console = new_console()
    cleared = [unpack_cache.clear_program(folder) for folder in folders if not names or folder.name in names]
    for done in cleared:
        kept = f", kept {done.in_use} in use" if done.in_use else ""
        failed = f", could not delete {done.failed} (in use, or no permission)" if done.failed else ""
        print_text(
            console, f"{done.folder}: removed {count_noun(done.removed, 'unpacked version')}{kept}{failed}"
        )
    if not cleared:
        print_text(console, "the cache is empty")
    return 1 if any(done.failed for done in cleared) else 0
