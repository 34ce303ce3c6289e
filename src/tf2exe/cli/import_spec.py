"""`tf2exe import-spec`: converts a `.spec` of PyInstaller to `[tool.tf2exe]`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cli.text import print_text
from tf2exe.config.stage import load_application
from tf2exe.errors import ConfigurationError
from tf2exe.import_spec.conversion import convert
from tf2exe.import_spec.running import run as run_spec
from tf2exe.import_spec.table import table

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from tf2exe.import_spec.table import Conversion

NAME = "import-spec"
HELP = (
    "Convert a PyInstaller .spec to [tool.tf2exe]. The spec file is a Python program, so it is run, as "
    "PyInstaller does; it runs in a copy of its project, and nothing is built."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the spec file, its arguments and the output."""
    parser.add_argument("spec", type=Path, metavar="SPEC", help="The spec file.")
    parser.add_argument(
        "spec_arguments",
        nargs="*",
        metavar="ARGUMENT",
        help="Arguments of the spec file itself, after --, as for PyInstaller.",
    )
    parser.add_argument(
        "--output",
        default=None,
        metavar="FILE",
        help="pyproject.toml to add the table to; - is standard output (default: the one beside the spec "
        "file, created if missing).",
    )


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command."""
    spec = arguments.spec.absolute()
    ran = run_spec(spec, arguments.spec_arguments)
    conversion = convert(ran)
    if ran.printed.strip():
        print_text(errors, f"{spec.name} printed:")
        for line in ran.printed.strip().splitlines():
            print_text(errors, line, head="  ")
    text = table(conversion, spec.name)
    if arguments.output == "-":
        sys.stdout.write(text)
    else:
        path = Path(arguments.output) if arguments.output else spec.parent / "pyproject.toml"
        if path.parent.resolve() != conversion.folder:
            raise ConfigurationError(
                f"cannot write {path}",
                f"the paths of the table are relative to {conversion.folder}",
                "give a file in that folder, or - for standard output",
            )
        before = path.read_bytes() if path.is_file() else None
        _add(text, path)
        try:
            load_application(path, {}, path.parent)
        except ConfigurationError:
            path.unlink() if before is None else path.write_bytes(before)
            raise
        print_text(errors, f"wrote {path}")
    _show(conversion, errors)
    return 0


def _add(text: str, path: Path) -> None:
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        taken = "tf2exe" in tomllib.loads(before).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"cannot read {path}", str(error), "correct the file") from error
    if taken:
        raise ConfigurationError(
            f"{path} already has a [tool.tf2exe]", "it is not replaced", "use --output - and merge by hand"
        )
    path.write_text(f"{before.rstrip()}\n\n{text}" if before.strip() else text, encoding="utf-8")


def _show(conversion: Conversion, console: Console) -> None:
    """Settings that are not converted come first, then those that are not needed."""
    for lost, title in ((True, "Not converted:"), (False, "Not needed, or done differently:")):
        notes = sorted((n for n in conversion.notes if n.lost is lost), key=lambda note: note.line)
        if notes:
            print_text(console, title)
        for note in notes:
            where = f"line {note.line}: " if note.line else ""
            print_text(console, f"{where}{' '.join(note.what.split())}: {note.reason}", head="  ", hang=2)
