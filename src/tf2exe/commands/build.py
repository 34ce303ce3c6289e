"""`tf2exe build`: builds the executable and shows what came out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from tf2exe import cross, options
from tf2exe.pipeline import STAGES, Outcome, Request, build
from tf2exe.plan_record import as_json
from tf2exe.progress import Progress

if TYPE_CHECKING:
    import argparse

NAME = "build"
SHOWN_SECONDS = 0.05
"""Stages that took less are not listed."""
HELP = "Build an executable and prove that it answers like Python."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the settings and what is only asked for on the command line."""
    options.add_program(parser)
    parser.add_argument("--dry-run", action="store_true", help="Stop after the plan and show it.")
    options.add_result(parser)


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command."""
    request = Request(
        config=arguments.config,
        given=options.given(arguments),
        folder=Path.cwd(),
        dry_run=arguments.dry_run,
        check=not arguments.no_verify,
    )
    handed_over = cross.hand_over(request, arguments.words, errors)
    if handed_over is not None:
        return handed_over
    stages = STAGES.index("plan") + 1 if arguments.dry_run else len(STAGES)
    outcome = build(request, Progress(errors, stages))
    if arguments.json:
        text = outcome.report.read_text(encoding="utf-8") if outcome.report else as_json(outcome.plan)
        sys.stdout.write(text + "\n")
    elif arguments.dry_run:
        _show_plan(outcome, Console())
    else:
        _show_summary(outcome, Console())
    return 0


def _show_plan(outcome: Outcome, console: Console) -> None:
    plan = outcome.plan
    console.print("[bold]The application's modules[/bold]")
    for fate in plan.fates:
        console.print(f"  {fate.module.name}: {escape(fate.reason)}", highlight=False, soft_wrap=True)
    console.print("[bold]Nuitka's options[/bold]")
    for option in plan.options:
        console.print(
            f"  {escape(option.flag)}  [dim]{escape(option.reason)}[/dim]", highlight=False, soft_wrap=True
        )
    console.print("[bold]Carried packages[/bold]")
    for chosen in plan.distributions:
        size = sum(c.size for c in plan.carried if c.owner == chosen.name) / 1e6
        line = f"  {chosen.name} {chosen.version}, {size:.1f} MB  [dim]{escape(chosen.reason)}[/dim]"
        console.print(line, highlight=False, soft_wrap=True)
    console.print("[bold]Data files[/bold]")
    for file in plan.data:
        console.print(
            f"  {escape(file.destination)}  [dim]{escape(file.reason)}[/dim]", highlight=False, soft_wrap=True
        )


def _show_summary(outcome: Outcome, console: Console) -> None:
    if outcome.report is None or outcome.program is None:
        return
    facts = json.loads(outcome.report.read_text(encoding="utf-8"))
    total = sum(outcome.seconds.values())
    lines = [
        ("executable", _short(outcome.program)),
        (
            "size",
            f"{facts['size'] / 1e6:.1f} MB"
            + (f" in {facts['files']} files" if facts["mode"] == "standalone" else ""),
        ),
        ("SHA-256", facts["sha256"] + (" (of the manifest)" if facts["mode"] == "standalone" else "")),
        (
            "seconds",
            f"{total:.1f}: "
            + ", ".join(f"{k} {v:.1f}" for k, v in outcome.seconds.items() if v >= SHOWN_SECONDS),
        ),
        ("parity", _parity(outcome)),
    ]
    if conversion := outcome.application.conversion:
        lines.append(("models", conversion.comparison))
    for name, value in lines:
        console.print(f"{name:>11}  {escape(value)}", highlight=False, soft_wrap=True)


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _parity(outcome: Outcome) -> str:
    if outcome.parity is None:
        return "not checked" + ("" if outcome.application.samples else ": no --sample was given")
    count = len(outcome.parity.comparisons)
    masked = sorted({name for c in outcome.parity.comparisons for name in c.masked})
    also = f" (masked, because Python differs from itself there: {', '.join(masked)})" if masked else ""
    return f"{count} of {count} samples answered like Python, byte for byte{also}"
