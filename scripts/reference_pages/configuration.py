"""`configuration.md`, from the definition of the settings."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from reference_pages.command_line import actions, spelled, subparsers
from reference_pages.markdown import cell, code, table
from tf2exe.config import settings
from tf2exe.config.stage import PATH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

INTRODUCTION = """\
# Configuration

The settings of an application are in the table `[tool.tf2exe]` of a `pyproject.toml`. The file is
optional: `tf2exe build SCRIPT` builds a script with the defaults.

* `tf2exe build` reads the `pyproject.toml` of the current folder, or the file given by `--config`.
* A value on the command line replaces the value of the file. A list on the command line is appended
  to the list of the file.
* Paths in the file are relative to the folder of the file. On the command line, PATHS are relative to
  the current folder; the entry and the files of a sample are relative to the folder of the file.
* If the command line gives another entry than the `pyproject.toml` of the current folder, the table of
  the file is ignored.
* An unknown key is an error. The message suggests the nearest known key.

Keys without an option in the last column can be set in the file only.

## `[tool.tf2exe]`
"""

SAMPLES = """\
## An entry of `samples`

A string, which is split like a shell command, or a table:
"""

LOADS = """\
## An entry of `[[tool.tf2exe.compare.loads]]`
"""

PLAIN_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def describe_type(annotation: Any) -> str:  # noqa: ANN401 - a type, as the typing module sees it
    """The type of a value of `[tool.tf2exe]`, in the words of TOML."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(code(f'"{argument}"') for argument in arguments)
    if origin is list:
        return f"list of {describe_type(arguments[0]).replace(' or ', 's or ')}s"
    if origin is dict:
        return "table of numbers"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe_type(part) for part in arguments if part is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return PLAIN_TYPES[annotation]


def describe_limits(field: FieldInfo) -> str:
    """The minimum and the maximum, if the definition has them."""
    least = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    greatest = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
    if least is None:
        return ""
    return f", {least} to {greatest}" if greatest is not None else f", {least} or more"


def describe_default(field: FieldInfo) -> str:
    """A default in TOML syntax; empty if there is none."""
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(f'"{value}"') if isinstance(value, str) else code(value)


def options_by_key() -> dict[str, str]:
    """The command-line option of each key of the settings."""
    build = subparsers()["build"]
    return {action.dest: spelled(action) for action in actions(build) if action.dest != "help"}


def rows_of(model: type[BaseModel], prefix: str, options: dict[str, str]) -> Iterator[list[str]]:
    """A row for each key of a table of the settings."""
    for name, field in model.model_fields.items():
        key = name.replace("_", "-")
        option = options.get(f"{prefix}{key}")
        yield [
            code(key),
            describe_type(field.annotation) + describe_limits(field),
            describe_default(field),
            cell(field.description),
            code(option) if option else "",
        ]


def page() -> list[str]:
    """The lines of the page."""
    options = options_by_key()
    headings = ["key", "type", "default", "meaning", "option"]
    paths = ", ".join(f"`--{key}`" for key in PATH_KEYS)
    introduction = INTRODUCTION.replace("PATHS", paths)
    lines = [*introduction.splitlines(), "", *table(headings, rows_of(settings.Settings, "", options))]
    tables = (
        ("version-info", settings.VersionInfo, "version-info."),
        ("verify", settings.VerifyTable, "verify."),
        ("compare", settings.CompareTable, "compare."),
    )
    for key, model, prefix in tables:
        lines += [f"## `[tool.tf2exe.{key}]`", "", cell(model.__doc__), ""]
        lines += table(headings, rows_of(model, prefix, options))
    lines += [*SAMPLES.splitlines(), ""]
    rows = rows_of(settings.SampleTable, "samples.", options)
    lines += table(headings[:-1], (row[:-1] for row in rows))
    lines += [*LOADS.splitlines(), ""]
    rows = rows_of(settings.LoadTable, "loads.", options)
    return lines + table(headings[:-1], (row[:-1] for row in rows))
