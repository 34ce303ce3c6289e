"""`tf2exe compare`: the program in Python, with PyInstaller and with tf2exe, measured side by side."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import cross, options
from tf2exe.commands import build_messages
from tf2exe.commands.screen import Relay, new_console, say
from tf2exe.comparison import rows, tables
from tf2exe.comparison.compare import Result, Task, compare
from tf2exe.comparison.measure import Effort
from tf2exe.errors import ConfigurationError
from tf2exe.pipeline import Request
from tf2exe.toolchain.pins import COMPARE

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "compare"
HELP = "Build the program with PyInstaller and with tf2exe, and measure them beside Python."
MINUTES = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the settings and how much is measured."""
    options.add_program(parser)
    known = ", ".join(row.key for row in rows.all_rows())
    parser.add_argument(
        "--row",
        action="append",
        default=[],
        metavar="ROW",
        help=f"Only this row; can be given several times. The rows are {known}.",
    )
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="Later starts of each row.")
    parser.add_argument("--first-runs", type=int, default=3, metavar="N", help="First starts of each row.")
    parser.add_argument("--load-runs", type=int, default=3, metavar="N", help="Busy runs of each row.")
    parser.add_argument(
        "--drop-caches",
        action="store_true",
        help="Before each first start drop the page cache of the whole machine (root, Linux), not only the "
        "program's files.",
    )
    parser.add_argument(
        "--nuitka",
        type=float,
        nargs="?",
        const=MINUTES,
        default=None,
        metavar="MINUTES",
        help="Also plain Nuitka, which compiles every package: stopped after this time "
        f"({MINUTES:g} minutes).",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="Try each program that is built with these cases, too, as `tf2exe verify` takes them. What they "
        "showed is remembered with the build.",
    )
    parser.add_argument("--rebuild", action="store_true", help="Build also what is there already.")
    parser.add_argument(
        "--build-only", action="store_true", help="Build what is missing and measure nothing."
    )
    parser.add_argument("--json", action="store_true", help="Write the result as JSON to standard output.")


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command."""
    try:
        chosen = rows.choose(arguments.row, nuitka=arguments.nuitka is not None)
    except KeyError as error:
        known = ", ".join(row.key for row in rows.all_rows())
        raise ConfigurationError(f"no row {error}", "--row names it", f"the rows are {known}") from error
    task = Task(
        request=Request(config=arguments.config, given=options.given(arguments), folder=Path.cwd()),
        rows=chosen,
        effort=Effort(
            arguments.first_runs, arguments.runs, arguments.load_runs, drop_machine=arguments.drop_caches
        ),
        anew=arguments.rebuild,
        measure=not arguments.build_only,
        limit=arguments.nuitka or MINUTES,
        corpus=arguments.corpus,
        command=shown_command(os.environ.get(cross.TYPED) or shlex.join(["tf2exe", *arguments.words])),
    )
    groups = [*(row.runtime for row in chosen if row.runtime), COMPARE]
    screen = build_messages.screen(errors)
    relay = Relay(screen, raw=arguments.json)
    handed_over = cross.hand_over(task.request, arguments.words, relay, groups=groups)
    if handed_over is not None:
        return handed_over
    result = compare(task, screen, lambda text: say(errors, text))
    console = new_console()
    if arguments.json and result.files:
        sys.stdout.write(result.files[0].read_text(encoding="utf-8"))
    else:
        _show(result, console)
    return 0


def _show(result: Result, console: Console) -> None:
    if result.document is None:
        for built in result.builds:
            seconds = f"built in {built.seconds:.0f} s" if built.seconds else "nothing to build"
            say(console, f"{built.row}: {built.problem or seconds}", hang=2)
        return
    for table in tables.terminal(result.document):
        console.print(table)
    for problem in tables.problems(result.document):
        say(console, problem, hang=2)
    for file in result.files:
        say(console, f"wrote {file}")


def shown_command(typed: str) -> str:
    """A command as reports show it, which are published: without folders of this machine."""
    return shlex.join(re.sub(r"(^|=)/.*/(?=[^/])", r"\1", word) for word in shlex.split(typed))
