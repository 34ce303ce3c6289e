"""`nuitka-options.md`, from the files of `nuitka_options/`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from reference_pages.markdown import cell, code, table
from tf2exe.knowledge.data import data_folder

if TYPE_CHECKING:
    from pathlib import Path

Entry = dict[str, Any]

INTRODUCTION = """\
# Nuitka options, platforms and packages

What tf2exe knows about Nuitka, operating systems and packages is data in `nuitka_options/`; every
entry has a reason. `tf2exe explain` shows the reasons that apply to a build.

In patterns `*` matches within a folder and `**` also matches across folders. Patterns are relative to
`site-packages`, or to the folder of the standard library.

A rule with a condition applies

* `unless imported`: if none of these modules (with wildcards) is imported by the source, loaded by a
  sample, or named by `include-module`;
* `unless mentioned`: if neither the source nor `include-module` has one of these names. Attributes,
  imported names and strings count.
"""

NOT_WITH_COMPILE = " Left out if the setting `compile` names third-party packages."

FILES = {
    "base.toml": "Options of Nuitka in every build.",
    "debug.toml": "Options that `--debug` adds.",
    "onefile.toml": "Compression of a onefile.",
    "linux.toml": "System libraries, and options of the compiler, the linker and `strip` on Linux.",
    "glibc.toml": "[How an older glibc suffices](../explanation/what-is-included.md#older-systems).",
    "windows.toml": "System libraries, and options of the compiler on Windows.",
    "toolchain.toml": "The components that `tf2exe toolchain windows` installs, with pinned versions.",
    "parity.toml": "Text that differs from run to run; [when a rule applies](../explanation/parity.md).",
}
"""The files of `nuitka_options/` in the order of the page."""

TITLES = {
    "rootfs": "Debian packages",
    "python": "CPython for Windows",
    "nuitka": "Nuitka",
    "wheel": "Wheels for Windows",
    "option": "Options",
    "launcher_option": "Options for linking the executable",
    "volatile": "Volatile rules",
    "exclude_package": "Packages that are never bundled",
    "precision": "Required agreement of a converted model",
    "operations": "Operations that it lacks",
    "exclude": "Files that are excluded",
    "keep_symbols": "Native libraries that are not stripped",
    "unneeded_requirement": "Declared requirements that are not bundled",
    "extra_requirement": "Undeclared requirements that are bundled",
    "optional_library": "Native libraries that may be missing",
    "optional_import": "Optional dependencies that are bundled only if the application uses them",
    "patch": "Patches of bundled source files",
    "libraries": "System libraries that are never bundled",
    "versions": "Names of Windows versions",
    "most_editions": "Native libraries that some editions of Windows lack",
    "processor": "Processor",
    "compat_library": "Libraries that the executable links to",
    "renamed": "Symbols that are renamed to an older version",
    "polyfilled": "Polyfilled functions",
    "strip": "Options of `strip`",
    "compression": "Compression",
    "c_compiler": "Options of the C compiler",
    "local_symbols": "Native libraries whose private symbols are bound at build time",
    "forwarder": "Native libraries that are loaded at the first call",
    "preload": "Native modules that a thread preloads while the interpreter starts",
    "autograph": "Names that pass functions to AutoGraph",
}
"""Titles of the tables."""

HIDDEN = ("old", "new", "replacement", "sha256")
"""Columns that are too long for a table, or of no use to a reader."""


def show(value: object) -> str:
    """A value of an option file in a table cell."""
    if isinstance(value, list):
        return ", ".join(code(item) for item in value) or "none"
    return cell("yes" if value else "no") if isinstance(value, bool) else code(value)


def entries(rows: list[Entry]) -> list[str]:
    """A table of entries of one kind; the reason is the last column."""
    columns = list(dict.fromkeys(key for row in rows for key in row if key not in (*HIDDEN, "reason")))
    return table(
        [*(column.replace("_", " ") for column in columns), "reason"],
        (
            [*(show(row[column]) if column in row else "" for column in columns), cell(row.get("reason", ""))]
            for row in rows
        ),
    )


def is_entries(value: object) -> bool:
    """Whether a value is a list of entries, each with its reason."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def section(title: str, content: Entry) -> list[str]:
    """A table of the file: its lists of entries, its values and its reason."""
    lines = [f"**{title}**", ""]
    for value in content.values():
        if is_entries(value):
            lines += entries(value)
    plain = {k: v for k, v in content.items() if k != "reason" and not is_entries(v)}
    if plain:
        lines += table(["key", "value"], ([cell(k.replace("_", " ")), show(v)] for k, v in plain.items()))
    return [*lines, f"Reason: {content['reason']}", ""] if "reason" in content else lines


def option_file(document: Entry) -> list[str]:
    """The lines for a file of `nuitka_options/`."""
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, dict):
            lines += section(TITLES[key], value)
        elif key not in ("names", "tested"):
            lines += [f"**{TITLES[key]}**", "", *entries(value)]
    return lines


def package_title(names: list[str]) -> str:
    """The packages that a file applies to."""
    if names == ["*"]:
        return "Every package"
    return "The standard library" if names == ["python"] else ", ".join(names)


def read(path: Path) -> Entry:
    """The content of a file of `nuitka_options/`."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for option in document.get("option", ()):
        if option.pop("only", "") == "nothing-compiled":
            option["reason"] += NOT_WITH_COMPILE
    return document


def page() -> list[str]:
    """The lines of the page.

    Raises:
        KeyError: a file, or a table of a file, has no title in this module.
    """
    folder = data_folder()
    lines = [*INTRODUCTION.splitlines(), ""]
    if unknown := {path.name for path in folder.glob("*.toml")} - FILES.keys():
        raise KeyError(*sorted(unknown))
    for name, introduction in FILES.items():
        lines += [f"## `{name}`", "", introduction, "", *option_file(read(folder / name))]
    lines += ["## Runtimes", "", "One file per runtime, in `nuitka_options/runtimes/`.", ""]
    for path in sorted((folder / "runtimes").glob("*.toml")):
        rules = option_file(read(path)) or ["It excludes nothing.", ""]
        lines += [f"### `{path.stem}`", "", *rules]
    lines += ["## Packages", "", "One file per package, in `nuitka_options/packages/`.", ""]
    for path in sorted((folder / "packages").glob("*.toml")):
        document = read(path)
        lines += [f"### {package_title(document['names'])}", "", f"`packages/{path.name}`", ""]
        if document.get("tested"):
            lines += [f"Tested: {', '.join(f'`{text}`' for text in document['tested'])}", ""]
        lines += option_file(document)
    return lines
