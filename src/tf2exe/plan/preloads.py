"""Preloads: native modules that a thread of the launcher loads while the interpreter starts.

`launchers/interpreter/posix/preload.c` is the thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.analysis.evidence import Evidence
    from tf2exe.config.target import Target
    from tf2exe.knowledge.package_rules import PackageRules
    from tf2exe.knowledge.rules import Rule
    from tf2exe.plan.bundled_files import BundledFile


@dataclass(frozen=True)
class Preload:
    """A native module that is loaded before it is imported.

    Attributes:
        destination: its file, relative to the executable's folder.
        rule: the rule that names it.
    """

    destination: str
    rule: Rule


def select(files: Iterable[BundledFile], evidence: Evidence, target: Target) -> tuple[Preload, ...]:
    """The native modules that a sample loaded and a rule names.

    None on Windows, where the loader serves one thread at a time.
    """
    if target.is_windows:
        return ()
    loaded = [file for file in files if evidence.loaded(file.source)]
    return tuple(
        Preload(file.destination, rule)
        for package in package_rules.read_all()
        for rule in package.preload
        if evidence.meets(rule.condition)
        for file in loaded
        if matches(f"{_folder(package)}/{rule.pattern}", file.destination)
    )


def _folder(package: PackageRules) -> str:
    return layout.PYTHON if "python" in package.names else layout.PACKAGES


def write_list(folder: Path, preloads: Iterable[Preload]) -> None:
    """Writes the list that the launcher reads; none without preloads."""
    lines = "".join(f"{preload.destination}\n" for preload in preloads)
    if lines:
        (folder / layout.PRELOAD_LIST).write_text(lines, encoding="utf-8")
