"""`tf2exe build`: builds the executable and shows what came out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from tf2exe.cli import build_messages, options
from tf2exe.cli.build_summary import summarise_build
from tf2exe.cli.screen import Relay
from tf2exe.cli.text import is_plain, new_console, print_facts, print_text
from tf2exe.config.request import Request
from tf2exe.cross import handover
from tf2exe.pipeline import build
from tf2exe.plan import plan_json

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from tf2exe.report.results import Outcome

NAME = "build"
HELP = "Build an executable and check that its output matches Python."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the settings and the options that are no settings."""
    options.add_program_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="Stop after the plan and show it.")
    options.add_result_options(parser)


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command."""
    request = Request(
        config=arguments.config,
        given=options.read_settings(arguments),
        folder=Path.cwd(),
        dry_run=arguments.dry_run,
        check=not arguments.no_verify,
    )
    screen = build_messages.make_screen(errors)
    relay = Relay(screen, raw=arguments.json)
    handed_over = handover.delegate_build(request, arguments.words, relay)
    if handed_over is not None:
        return handed_over
    outcome = build(request, screen)
    if arguments.json:
        found = outcome.report or plan_json.to_document(outcome.plan)
        sys.stdout.write(found.text() + "\n")
    elif outcome.report is None:
        _show_plan(outcome, new_console())
    else:
        if not is_plain(errors):
            errors.print()
        print_facts(new_console(), summarise_build(outcome))
    return 0


def _show_plan(outcome: Outcome, console: Console) -> None:
    plan = outcome.plan
    sizes = {chosen.name: 0 for chosen in plan.distributions}
    for file in plan.files:
        sizes[file.owner] = sizes.get(file.owner, 0) + file.size
    sections = {
        "Modules of the application": [
            (placement.module.name, placement.reason) for placement in plan.placements
        ],
        "Nuitka's options": [(option.flag, option.reason) for option in plan.options],
        "Bundled packages": [
            (f"{chosen.name} {chosen.version}, {sizes[chosen.name] / 1e6:,.1f} MB", chosen.reason)
            for chosen in plan.distributions
        ],
        "Data files": [(file.destination, file.reason) for file in plan.data],
    }
    for title, items in sections.items():
        console.print(Text(title, "bold"))
        for name, reason in items:
            print_text(console, f"{name}: {reason}", head="  ", hang=2)
