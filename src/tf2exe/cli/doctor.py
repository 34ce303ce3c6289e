"""`tf2exe doctor`: checks whether this machine is ready for a build; each finding has a remedy."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tf2exe.cli.text import new_console, print_check
from tf2exe.doctor.checks import run_checks

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "doctor"
HELP = "Check compiler, headers, tools, disk space, memory and package versions for a build."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the option for JSON."""
    parser.add_argument("--json", action="store_true", help="Write the findings as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 3: a build cannot succeed on this machine."""
    findings = run_checks()
    if arguments.json:
        sys.stdout.write(json.dumps([vars(finding) for finding in findings], indent=1) + "\n")
    else:
        console = new_console()
        for finding in findings:
            text = f"{finding.fact}: {finding.remedy}" if finding.remedy else finding.fact
            print_check(console, finding.level, finding.check, text)
    return 3 if any(finding.level == "error" for finding in findings) else 0
