"""`tf2exe explain`: why is a module, file or option in the build?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from tf2exe import config
from tf2exe.errors import ConfigurationError
from tf2exe.explanation import explain

if TYPE_CHECKING:
    import argparse

NAME = "explain"
HELP = "Tell for a module, a file or an option of the last build why it is there, or why it is not."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what to explain and where the build is."""
    parser.add_argument(
        "what", nargs="*", help="A module, a package, a file of the build, an option, or a setting."
    )
    parser.add_argument("--entry", default=None, help="The program, as it was given to `tf2exe build`.")
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="A pyproject.toml.")
    parser.add_argument(
        "--build-dir", default=None, metavar="FOLDER", help="The build folder of the program."
    )
    parser.add_argument("--json", action="store_true", help="Write the answers as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: nothing in the build matches."""
    if not arguments.what:
        raise ConfigurationError("nothing to explain", "no name was given", "name a module, file or option")
    folder = _build_folder(arguments)
    plan = _read(folder / "plan.json")
    report = _read(folder / "report.json") if (folder / "report.json").is_file() else {}
    console = Console()
    found = {what: explain(what, plan, report) for what in arguments.what}
    if arguments.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    for what, answers in found.items() if not arguments.json else ():
        for answer in answers or [f"{what}: not in the build, and nothing tells why"]:
            console.print(answer, highlight=False, markup=False, soft_wrap=True)
    return 0 if all(found.values()) else 1


def _build_folder(arguments: argparse.Namespace) -> Path:
    if arguments.build_dir:
        return Path(arguments.build_dir)
    here = Path.cwd()
    if arguments.entry is None and arguments.config is None and not (here / "pyproject.toml").is_file():
        built = sorted((here / "build").glob("*/plan.json"), key=lambda path: -path.stat().st_mtime)
        if built:
            return built[0].parent
    given = {"entry": arguments.entry} if arguments.entry else {}
    return config.load(arguments.config, given, here).build


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"no build at {path.parent}", str(error), "run `tf2exe build` first"
        ) from error
    return document
