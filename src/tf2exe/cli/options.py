"""Command-line options, generated from the definition of the settings."""

from __future__ import annotations

import argparse
import types
import typing
from pathlib import Path
from typing import Any, Literal

from tf2exe.config.settings import Settings

SINGULAR = {"samples": "sample"}
"""Options that take one value of a list at a time, in the singular."""

METAVARS = {
    "data": "SRC[=DEST]",
    "samples": "'ARGUMENTS'",
    "calibration": "'ARGUMENTS'",
    "python-path": "FOLDER",
    "output-dir": "FOLDER",
}


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds an option for each setting; the result has only the options that were given."""
    for name, field in Settings.model_fields.items():
        key = name.replace("_", "-")
        kind = _plain(field.annotation)
        if key == "entry":
            parser.add_argument("entry", nargs="?", default=argparse.SUPPRESS, help=field.description)
        elif key == "version-info":
            _add_version_info(parser)
        elif key in ("compare", "verify"):
            continue
        elif kind is bool:
            parser.add_argument(
                f"--{key}",
                action=argparse.BooleanOptionalAction,
                dest=key,
                default=argparse.SUPPRESS,
                help=field.description,
            )
        elif typing.get_origin(kind) is list:
            parser.add_argument(
                f"--{SINGULAR.get(key, key)}",
                action="append",
                dest=key,
                default=argparse.SUPPRESS,
                metavar=METAVARS.get(key, "NAME"),
                help=f"{field.description} May be repeated.",
            )
        else:
            choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else None
            parser.add_argument(
                f"--{key}",
                dest=key,
                type=int if kind is int else str,
                choices=choices,
                default=argparse.SUPPRESS,
                metavar=None if choices else METAVARS.get(key, key.upper().replace("-", "_")),
                help=field.description,
            )


def add_program_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that name and describe the program, for every command that builds it."""
    add_settings(parser)
    parser.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE",
        help="pyproject.toml to use (default: the one in the current folder).",
    )


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options for what is done with the result."""
    parser.add_argument("--no-verify", action="store_true", help="Do not compare the executable with Python.")
    parser.add_argument("--json", action="store_true", help="Write the result as JSON to standard output.")


def _add_version_info(parser: argparse.ArgumentParser) -> None:
    for part in ("company", "product", "version", "copyright", "description"):
        flag = "--product-version" if part == "version" else f"--{part}"
        parser.add_argument(
            flag,
            dest=f"version-info.{part}",
            default=argparse.SUPPRESS,
            metavar="TEXT",
            help=f"Version information: {part}.",
        )


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - a type, as the typing module sees it
    """The type without `| None` and without `Annotated`."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(part for part in typing.get_args(annotation) if part is not type(None))
    return annotation


def read_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings given on the command line, by key."""
    keys = {name.replace("_", "-") for name in Settings.model_fields}
    values = {key: value for key, value in vars(arguments).items() if key in keys}
    info = {
        key.partition(".")[2]: value
        for key, value in vars(arguments).items()
        if key.startswith("version-info.")
    }
    return {**values, "version-info": info} if info else values
