"""`tf2exe compare`: measures the program in Python, with PyInstaller and with tf2exe, side by side."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cli import build_messages, options
from tf2exe.cli.screen import Relay
from tf2exe.cli.text import new_console, print_text
from tf2exe.comparison import configurations, tables
from tf2exe.comparison.compare import Result, Task, compare
from tf2exe.comparison.comparison_json import Effort
from tf2exe.config.request import Request
from tf2exe.cross import handover
from tf2exe.cross.toolchain.pins import COMPARE
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "compare"
HELP = "Build the program with PyInstaller and with tf2exe, and measure both beside Python."
MINUTES = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the settings and the options for what is measured."""
    options.add_program_options(parser)
    known = ", ".join(variant.key for variant in configurations.all_variants())
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="VARIANT",
        help=f"Only this variant. May be repeated. The variants are {known}.",
    )
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="Warm starts per variant.")
    parser.add_argument("--cold-runs", type=int, default=3, metavar="N", help="Cold starts per variant.")
    parser.add_argument("--load-runs", type=int, default=3, metavar="N", help="Throughput runs per variant.")
    parser.add_argument(
        "--drop-caches",
        action="store_true",
        help="Before each cold start, drop the page cache of the whole machine (root, Linux), not only the "
        "program's files.",
    )
    parser.add_argument(
        "--nuitka",
        type=float,
        nargs="?",
        const=MINUTES,
        default=None,
        metavar="MINUTES",
        help="Also build with plain Nuitka, which compiles every package; stopped after MINUTES "
        f"(default: {MINUTES:g}).",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="Also compare each built program with Python over the cases in FOLDER, as `tf2exe verify` does. "
        "The result is kept with the build.",
    )
    parser.add_argument("--rebuild", action="store_true", help="Rebuild existing variants, too.")
    parser.add_argument(
        "--build-only", action="store_true", help="Build missing variants and measure nothing."
    )
    parser.add_argument("--json", action="store_true", help="Write the result as JSON to standard output.")


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command."""
    try:
        chosen = configurations.select_variants(arguments.variant, nuitka=arguments.nuitka is not None)
    except KeyError as error:
        known = ", ".join(variant.key for variant in configurations.all_variants())
        raise ConfigurationError(
            f"no variant {error}", "--variant names it", f"the variants are {known}"
        ) from error
    task = Task(
        request=Request(config=arguments.config, given=options.read_settings(arguments), folder=Path.cwd()),
        variants=chosen,
        effort=Effort(
            cold=arguments.cold_runs,
            warm=arguments.runs,
            loads=arguments.load_runs,
            drop_machine=arguments.drop_caches,
        ),
        rebuild=arguments.rebuild,
        measure=not arguments.build_only,
        limit=arguments.nuitka or MINUTES,
        corpus=arguments.corpus,
        command=shown_command(
            os.environ.get(handover.COMMAND_LINE) or shlex.join(["tf2exe", *arguments.words])
        ),
    )
    groups = [*(variant.runtime for variant in chosen if variant.runtime), COMPARE]
    screen = build_messages.make_screen(errors)
    relay = Relay(screen, raw=arguments.json)
    handed_over = handover.delegate_build(task.request, arguments.words, relay, groups=groups)
    if handed_over is not None:
        return handed_over
    result = compare(task, screen, lambda text: print_text(errors, text))
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
            print_text(console, f"{built.variant}: {built.problem or seconds}", hang=2)
        return
    for table in tables.terminal_tables(result.document):
        console.print(table)
    for problem in tables.list_problems(result.document):
        print_text(console, problem, hang=2)
    for file in result.files:
        print_text(console, f"wrote {file}")


def shown_command(typed: str) -> str:
    """A command for reports, which are published: without folders of this machine."""
    return shlex.join(re.sub(r"(^|=)/.*/(?=[^/])", r"\1", word) for word in shlex.split(typed))
