"""`tf2exe explain`: why a module, file or option is in the build, and how large the build is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.measure import Measurement
from rich.table import Table

from tf2exe.cli.text import count_noun, new_console, print_text
from tf2exe.config.stage import load_application
from tf2exe.errors import ConfigurationError
from tf2exe.package import manifest
from tf2exe.package.manifest import Manifest
from tf2exe.plan import plan_json
from tf2exe.plan.plan_json import PlanDocument
from tf2exe.report import stage as report_stage
from tf2exe.report.explain import find_reasons
from tf2exe.report.sizes import KINDS, measure_sizes, summarize_rest
from tf2exe.report.stage import Report
from tf2exe.system.document import Document, DocumentError

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from tf2exe.report.sizes import Share

D = TypeVar("D", bound=Document)

NAME = "explain"
MOST_OWNERS = 12
WHOLE = 100e6
MOST_SAVINGS = 12
HELP = "Show why a module, file or option is in the last build, or why it is not."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the names to explain and the place of the build."""
    parser.add_argument(
        "what", nargs="*", help="A module, a package, a file of the build, an option, or a setting."
    )
    parser.add_argument("--entry", default=None, help="The program, as given to `tf2exe build`.")
    parser.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE",
        help="pyproject.toml to use (default: the one in the current folder).",
    )
    parser.add_argument("--build-dir", default=None, metavar="FOLDER", help="Build folder of the program.")
    parser.add_argument(
        "--size", action="store_true", help="Show a size breakdown, including what was excluded."
    )
    parser.add_argument(
        "--html",
        type=Path,
        default=None,
        metavar="FILE",
        help="With --size: write a page with a treemap to FILE.",
    )
    parser.add_argument("--json", action="store_true", help="Write the result as JSON.")


def run(arguments: argparse.Namespace, _errors: Console) -> int:
    """Runs the command; 1: nothing in the build matches."""
    if arguments.size:
        return _sizes(arguments)
    if not arguments.what:
        raise ConfigurationError("nothing to explain", "no name was given", "give a module, file or option")
    folder = _build_folder(arguments)
    plan = _read(PlanDocument, folder / plan_json.FILE)
    has_report = (folder / report_stage.FILE).is_file()
    written = _read(Report, folder / report_stage.FILE) if has_report else None
    console = new_console()
    found = {what: find_reasons(what, plan, written) for what in arguments.what}
    if arguments.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    for what, answers in found.items() if not arguments.json else ():
        for answer in answers or [f"{what}: not bundled: nothing imports it"]:
            print_text(console, answer, hang=2)
    return 0 if all(found.values()) else 1


def _sizes(arguments: argparse.Namespace) -> int:
    folder = _build_folder(arguments)
    plan = _read(PlanDocument, folder / plan_json.FILE)
    sizes = measure_sizes(plan, _read(Manifest, folder / manifest.FILE))
    if arguments.html:
        from tf2exe.comparison.page import render_page  # noqa: PLC0415 - needs an extra

        arguments.html.write_text(render_page(f"{folder.name}: size breakdown", None, sizes), "utf-8")
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(sizes), indent=1) + "\n")
        return 0
    console = new_console()
    print_text(console, f"{folder.name}: MB as unpacked")
    _show_shares(console, [*sizes.shares[:MOST_OWNERS], *summarize_rest(sizes.shares[MOST_OWNERS:])])
    print_text(
        console,
        f"{sizes.size / 1e6:,.0f} MB; {sizes.saved / 1e6:,.0f} MB of the same packages were excluded, and "
        f"stripping saved {sizes.stripped / 1e6:,.0f} MB more",
    )
    for saving in sizes.savings[:MOST_SAVINGS]:
        text = f"{saving.owner}, {saving.pattern}: {saving.reason}"
        print_text(console, text, head=f"  {saving.size / 1e6:7.1f} MB  ")
    return 0


def _show_shares(console: Console, shares: list[Share]) -> None:
    """A table; on a terminal that is too narrow for it a line for each owner."""
    table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False)
    for heading in ("", "MB", *KINDS, "files", "saved"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for share in shares:
        kinds = [_megabytes(share.kinds.get(kind, 0)) for kind in KINDS]
        table.add_row(
            share.owner, _megabytes(share.size), *kinds, f"{share.files:,}", _megabytes(share.saved)
        )
    if Measurement.get(console, console.options.update(max_width=1000), table).maximum <= console.width:
        console.print(table)
        return
    for share in shares:
        parts = {kind: _megabytes(share.kinds.get(kind, 0)) for kind in KINDS}
        parts["saved"] = _megabytes(share.saved)
        shown = ", ".join(f"{kind} {size}" for kind, size in parts.items() if size)
        text = f"{share.owner}: {_megabytes(share.size)} MB in {count_noun(share.files, 'file')} ({shown})"
        print_text(console, text, head="  ", hang=2)


def _megabytes(size: int) -> str:
    """Megabytes with about three figures; empty for 0."""
    if not size:
        return ""
    return f"{size / 1e6:,.0f}" if size >= WHOLE else f"{size / 1e6:.1f}"


def _build_folder(arguments: argparse.Namespace) -> Path:
    if arguments.build_dir:
        return Path(arguments.build_dir)
    here = Path.cwd()
    if arguments.entry is None and arguments.config is None and not (here / "pyproject.toml").is_file():
        built = sorted((here / "build").glob(f"*/{plan_json.FILE}"), key=lambda path: -path.stat().st_mtime)
        if built:
            return built[0].parent
    given = {"entry": arguments.entry} if arguments.entry else {}
    return load_application(arguments.config, given, here).build


def _read(kind: type[D], path: Path) -> D:
    try:
        return kind.read(path)
    except OSError as error:
        raise ConfigurationError(
            f"no build at {path.parent}", str(error), "run `tf2exe build` first"
        ) from error
    except DocumentError as error:
        raise ConfigurationError(
            f"cannot read the build at {path.parent}", str(error), "run `tf2exe build` again"
        ) from error
