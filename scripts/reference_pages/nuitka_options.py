"""`nuitka-options.md`, from the files of `nuitka_options/`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from reference_pages.markdown import cell, code, table
from tf2exe import knowledge

if TYPE_CHECKING:
    from pathlib import Path

Entry = dict[str, Any]

INTRODUCTION = """\
# Nuitka options, platforms and packages

What tf2exe knows of Nuitka, of operating systems and of packages stands as data in
`nuitka_options/`, each entry with its reason. `tf2exe explain` quotes these reasons for a build.

In patterns `*` stays within a folder and `**` crosses folders. Patterns are relative to the folder
of the packages, or to the standard library.
"""

NOT_WITH_COMPILE = " Not used when the setting `compile` names third-party packages."

FILES = {
    "base.toml": "The options that Nuitka gets in every build.",
    "debug.toml": "The options that `--debug` adds.",
    "onefile.toml": "How the single file is packed.",
    "linux.toml": "What is known of Linux.",
    "glibc.toml": "How an older glibc will do: [Older machines](../explanation/carrying.md#older-machines).",
    "windows.toml": "What is known of Windows.",
    "toolchain.toml": "What `tf2exe toolchain windows` prepares, each file by its hash.",
    "parity.toml": "When the volatile rules apply stands in [Parity](../explanation/parity.md).",
}
"""The files of `nuitka_options/` in the order of the page."""

TITLES = {
    "machine": "Debian packages",
    "python": "CPython for Windows",
    "nuitka": "Nuitka",
    "wheel": "Wheels for Windows",
    "option": "Options",
    "launcher_option": "Options for linking the executable",
    "volatile": "Texts that may differ between two runs of the same program",
    "exclude": "Packages that are never carried",
    "precision": "What a converted model may lose",
    "operations": "Operations that it does not have",
    "leave_out": "Files that are left out",
    "keep_symbols": "Native files that are not stripped",
    "unneeded_requirement": "Declared requirements that are not carried",
    "needs": "Packages that are carried with it",
    "optional_library": "Native libraries that may be missing",
    "optional_import": "Packages that it looks for and does without",
    "replace": "Carried texts that are replaced",
    "libraries": "Native libraries that are never carried",
    "most": "Native libraries that some editions of Windows lack",
    "processor": "For which processor this holds",
    "shell": "Libraries that the executable links to",
    "moved": "Functions that are asked for under an older version",
    "brought": "Functions that the executable brings",
    "strip": "How native libraries are stripped",
    "compression": "Compression",
    "c_compiler": "Options of the C compiler",
    "settle": "Native libraries whose names are settled at build time",
    "spare": "Files that travel only with applications that may reach them",
    "stub": "Native libraries in whose place a stub travels",
    "lazy": "Modules whose code runs when something is asked of them",
    "defer": "Modules of which some imports wait until what they give is asked for",
    "ahead": "Native modules that are loaded while the interpreter starts",
    "autograph": "What hands functions to AutoGraph",
}
"""What the tables of the files are called."""

HIDDEN = ("old", "new", "replacement", "sha256")
"""Columns that are too long for a table, or say nothing to a reader."""


def show(value: object) -> str:
    """A value of an option file in a table cell."""
    if isinstance(value, list):
        return ", ".join(code(item) for item in value) or "none"
    return cell("yes" if value else "no") if isinstance(value, bool) else code(value)


def entries(rows: list[Entry]) -> list[str]:
    """A table of entries of the same kind; the reason stands last."""
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
    """Everything that a file of `nuitka_options/` says."""
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, dict):
            lines += section(TITLES[key], value)
        elif key not in ("names", "tested"):
            lines += [f"**{TITLES[key]}**", "", *entries(value)]
    return lines


def package_title(names: list[str]) -> str:
    """Which packages a file is about."""
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
        KeyError: a file or a table of a file is new, and this module does not know how to call it.
    """
    folder = knowledge.folder()
    lines = [*INTRODUCTION.splitlines(), ""]
    if unknown := {path.name for path in folder.glob("*.toml")} - FILES.keys():
        raise KeyError(*sorted(unknown))
    for name, introduction in FILES.items():
        lines += [f"## `{name}`", "", introduction, "", *option_file(read(folder / name))]
    lines += ["## Runtimes", "", "A file for each runtime, in `nuitka_options/runtimes/`.", ""]
    for path in sorted((folder / "runtimes").glob("*.toml")):
        rules = option_file(read(path)) or ["It leaves nothing out.", ""]
        lines += [f"### `{path.stem}`", "", *rules]
    lines += ["## Packages", "", "A file for each package, in `nuitka_options/packages/`.", ""]
    for path in sorted((folder / "packages").glob("*.toml")):
        document = read(path)
        lines += [f"### {package_title(document['names'])}", "", f"`packages/{path.name}`", ""]
        if document.get("tested"):
            lines += [f"Tested: {', '.join(f'`{text}`' for text in document['tested'])}", ""]
        lines += option_file(document)
    return lines
