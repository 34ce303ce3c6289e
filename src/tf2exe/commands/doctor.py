"""`tf2exe doctor`: is this machine ready for a build? Each finding has a remedy."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from tf2exe.diagnosis import diagnose

if TYPE_CHECKING:
    import argparse

NAME = "doctor"
HELP = "Check the compiler, headers, tools, disk, memory and versions that a build needs."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the form of the output."""
    parser.add_argument("--json", action="store_true", help="Write the findings as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 3: a build cannot succeed on this machine."""
    findings = diagnose()
    if arguments.json:
        sys.stdout.write(json.dumps([vars(finding) for finding in findings], indent=1) + "\n")
    else:
        console = Console()
        marks = {"ok": "[green]✓[/green]", "warning": "[yellow]![/yellow]", "error": "[red]✗[/red]"}
        for finding in findings:
            remedy = f": {finding.remedy}" if finding.remedy else ""
            text = f"{finding.check:<10} {escape(finding.fact)}{escape(remedy)}"
            console.print(f"{marks[finding.level]} {text}", highlight=False, soft_wrap=True)
    return 3 if any(finding.level == "error" for finding in findings) else 0
