"""`tf2exe baseline`: builds the same application with PyInstaller, to compare with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tf2exe import cross, options
from tf2exe.baseline.build import STAGES, build_baseline
from tf2exe.errors import ParityError
from tf2exe.pipeline import Request
from tf2exe.progress import Progress
from tf2exe.toolchain.pins import COMPARE

if TYPE_CHECKING:
    import argparse

    from tf2exe.baseline.build import Baseline

NAME = "baseline"
HELP = "Build the same application with PyInstaller, from a generated .spec, and check its answers."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the settings and what is only asked for on the command line."""
    options.add_program(parser)
    parser.add_argument(
        "--tuned",
        action="store_true",
        help="Leave out tests and headers and strip libraries, as tf2exe does.",
    )
    options.add_result(parser)


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command; 7: the baseline does not answer like Python."""
    request = Request(
        config=arguments.config,
        given=options.given(arguments),
        folder=Path.cwd(),
        check=not arguments.no_verify,
    )
    handed_over = cross.hand_over(request, arguments.words, errors, groups=[COMPARE])
    if handed_over is not None:
        return handed_over
    built = build_baseline(request, Progress(errors, len(STAGES)), tuned=arguments.tuned)
    if arguments.json:
        sys.stdout.write(built.record.read_text(encoding="utf-8") + "\n")
    else:
        _show(built, Console())
    return 0 if all(comparison.same for comparison in built.comparisons) else ParityError.exit_code


def _show(built: Baseline, console: Console) -> None:
    same = sum(comparison.same for comparison in built.comparisons)
    parity = (
        f"{same} of {len(built.comparisons)} samples answered like Python"
        if built.comparisons
        else "not checked"
    )
    lines = [
        ("executable", str(built.program)),
        ("spec", str(built.spec)),
        ("size", f"{built.size / 1e6:.1f} MB in {built.files} files"),
        ("seconds", f"{built.seconds['pyinstaller']:.1f} (PyInstaller alone)"),
        ("parity", parity),
        *(("differs", f"{c.sample}: {c.difference}") for c in built.comparisons if not c.same),
    ]
    for name, value in lines:
        console.print(f"{name:>11}  {value}", highlight=False, markup=False, soft_wrap=True)
