"""`tf2exe baseline`: builds the same application with PyInstaller, to compare with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.baseline.build import Bundled, Checked, Configured, build_baseline
from tf2exe.cli import build_messages, options
from tf2exe.cli.build_messages import describe, describe_matches, not_compared, program_name
from tf2exe.cli.screen import Message, Relay
from tf2exe.cli.text import count_noun, new_console, print_facts, shown_path
from tf2exe.config.request import Request
from tf2exe.cross import handover
from tf2exe.cross.toolchain.pins import COMPARE
from tf2exe.errors import ParityError

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from tf2exe.baseline.build import Baseline

NAME = "baseline"
HELP = (
    "Build the same application with PyInstaller, from a generated .spec, and compare its output with Python."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the settings and the options that are no settings."""
    options.add_program_options(parser)
    parser.add_argument(
        "--tuned",
        action="store_true",
        help="Leave out tests and headers, and strip libraries, as tf2exe does.",
    )
    options.add_result_options(parser)


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command; 7: the output of the baseline differs from Python."""
    request = Request(
        config=arguments.config,
        given=options.read_settings(arguments),
        folder=Path.cwd(),
        check=not arguments.no_verify,
    )
    screen = build_messages.make_screen(errors)
    relay = Relay(screen, raw=arguments.json)
    handed_over = handover.delegate_build(request, arguments.words, relay, groups=[COMPARE])
    if handed_over is not None:
        return handed_over
    built = build_baseline(request, screen, tuned=arguments.tuned)
    if arguments.json:
        sys.stdout.write(built.record.read_text(encoding="utf-8") + "\n")
    else:
        _show(built, new_console())
    return 0 if all(comparison.same for comparison in built.comparisons) else ParityError.exit_code


def _show(built: Baseline, console: Console) -> None:
    verdict = describe_matches(built.comparisons) if built.comparisons else "not checked"
    lines = [
        ("executable", shown_path(built.program)),
        ("spec", shown_path(built.spec)),
        ("size", f"{built.size / 1e6:,.1f} MB in {count_noun(built.files, 'file')}"),
        ("took", f"{built.seconds['pyinstaller']:.1f} s (PyInstaller alone)"),
        ("parity", verdict),
        *(("differs", f"{c.sample}: {c.difference}") for c in built.comparisons if not c.same),
    ]
    print_facts(console, lines)


@describe.register(Configured)
def _configured(result: Configured) -> Message:
    return Message(f"{program_name(result.application)}, {result.variant.name}, PyInstaller {result.version}")


@describe.register(Bundled)
def _bundled(result: Bundled) -> Message:
    return Message(f"{result.size / 1e6:,.1f} MB, {count_noun(result.files, 'file')}")


@describe.register(Checked)
def _checked(result: Checked) -> Message:
    if not result.comparisons:
        return not_compared(result.samples)
    different = any(not comparison.same for comparison in result.comparisons)
    return Message(describe_matches(result.comparisons), is_warning=different)
