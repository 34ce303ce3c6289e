"""`tf2exe explain`: why is a module, file or option in the build?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from tf2exe import config
from tf2exe.errors import ConfigurationError
from tf2exe.explanation import explain
from tf2exe.sizes import KINDS, others, weigh

if TYPE_CHECKING:
    import argparse

NAME = "explain"
MOST_OWNERS = 12
WHOLE = 100e6
MOST_SAVINGS = 12
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
    parser.add_argument(
        "--size", action="store_true", help="Tell what the megabytes are, and what was left out."
    )
    parser.add_argument(
        "--html", type=Path, default=None, metavar="FILE", help="With --size: write a page with a treemap."
    )
    parser.add_argument("--json", action="store_true", help="Write the answers as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: nothing in the build matches."""
    if arguments.size:
        return _sizes(arguments)
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


def _sizes(arguments: argparse.Namespace) -> int:
    folder = _build_folder(arguments)
    sizes = weigh(_read(folder / "plan.json"), _read(folder / "manifest.json"))
    if arguments.html:
        from tf2exe.comparison.page import page  # noqa: PLC0415 - needs an extra

        arguments.html.write_text(page(f"{folder.name}: what the megabytes are", None, sizes), "utf-8")
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(sizes), indent=1) + "\n")
        return 0
    console = Console()
    table = Table(title=f"{folder.name}: MB as unpacked", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    for heading in ("", "MB", *KINDS, "files", "saved"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=not heading)
    for share in (*sizes.shares[:MOST_OWNERS], *others(sizes.shares[MOST_OWNERS:])):
        kinds = (_megabytes(share.kinds.get(kind, 0)) for kind in KINDS)
        cells = (_megabytes(share.size), *kinds, str(share.files), _megabytes(share.saved))
        table.add_row(share.owner, *cells)
    console.print(table)
    console.print(
        f"{sizes.size / 1e6:.0f} MB; {sizes.saved / 1e6:.0f} MB of the same packages are left out, and "
        f"stripping saved {sizes.stripped / 1e6:.0f} MB more.",
        highlight=False,
    )
    for saving in sizes.savings[:MOST_SAVINGS]:
        text = f"  {saving.size / 1e6:7.1f} MB  {saving.owner}, {saving.pattern}: {saving.reason}"
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    return 0


def _megabytes(size: int) -> str:
    """A few figures; nothing for nothing."""
    if not size:
        return ""
    return f"{size / 1e6:.0f}" if size >= WHOLE else f"{size / 1e6:.1f}"


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
