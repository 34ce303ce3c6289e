"""`build-files.md`, from the documents that a build writes."""

from __future__ import annotations

import inspect
import re
import types
import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reference_pages.markdown import cell, code, table
from tf2exe.package import manifest
from tf2exe.plan import plan_json
from tf2exe.report import stage as report_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """\
# Files of a build

A build leaves three JSON documents in `build/NAME/`. Each has a number `format`, which is raised when a key
gets another name or another meaning; keys may be added without that. `tf2exe build --json` prints
`report.json`, with `--dry-run` `plan.json`.
"""

DOCUMENTS: tuple[tuple[str, type[BaseModel]], ...] = (
    (plan_json.FILE, plan_json.PlanDocument),
    (manifest.FILE, manifest.Manifest),
    (report_stage.FILE, report_stage.Report),
)
PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number"}


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """What the docstring of a class says of its attributes."""
    text = inspect.getdoc(model) or ""
    _, _, attributes = text.partition("Attributes:\n")
    entries = re.split(r"\n    (?=\w+: )", "\n" + attributes)
    return {
        name: " ".join(meaning.split()) for name, _, meaning in (entry.partition(": ") for entry in entries)
    }


def describe(annotation: Any) -> str:  # noqa: ANN401 - a type, as the typing module sees it
    """A type in the words of JSON."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(code(argument) for argument in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(part) for part in reversed(arguments))
    if origin is dict:
        return f"object of {plural(arguments[1])}"
    if origin is tuple:
        return f"list of {plural(arguments[0])}"
    if annotation is type(None):
        return "null"
    is_object = issubclass(annotation, BaseModel)
    return plural(annotation).replace("objects", "object", 1) if is_object else PLAIN[annotation]


def plural(annotation: Any) -> str:  # noqa: ANN401 - a type, as the typing module sees it
    """The same for many of them; of objects with their keys."""
    if not issubclass(annotation, BaseModel):
        return f"{PLAIN[annotation]}s"
    return f"objects with {', '.join(keys(annotation))}"


def keys(model: type[BaseModel]) -> Iterator[str]:
    """The keys of an object, each with its type unless that is a string."""
    for name, field in model.model_fields.items():
        kind = describe(field.annotation)
        yield code(name) if kind == "string" else f"{code(name)} ({kind})"


def rows(model: type[BaseModel]) -> Iterator[list[str]]:
    """A row for each key of a document."""
    known = meanings(model)
    for name, field in model.model_fields.items():
        yield [code(name), describe(field.annotation), cell(known[name][:1].upper() + known[name][1:])]


def page() -> list[str]:
    """The lines of the page."""
    lines = [*INTRODUCTION.splitlines(), ""]
    for name, model in DOCUMENTS:
        summary = (inspect.getdoc(model) or "").partition("\n")[0]
        lines += [f"## `{name}`", "", summary, "", *table(["key", "type", "meaning"], rows(model))]
    return lines
