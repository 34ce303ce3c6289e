"""Which programs are compared: a row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tf2exe.runtimes import RUNTIMES
from tf2exe.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.settings import Mode

Kind = Literal["python", "pyinstaller", "nuitka", "tf2exe"]


@dataclass(frozen=True)
class Row:
    """A way to hand the program to somebody.

    Attributes:
        key: as it is named on the command line and in JSON.
        title: for people.
        kind: what builds it.
        mode: a folder or a single file; None in Python.
        tuned: PyInstaller with less and smaller files than its defaults.
        runtime: what computes the model; empty: what the settings say.
    """

    key: str
    title: str
    kind: Kind
    mode: Mode | None = None
    tuned: bool = False
    runtime: str = ""

    def settings(self, given: dict[str, Any]) -> dict[str, Any]:
        """The settings of its build."""
        changed: dict[str, Any] = {"mode": self.mode} if self.mode else {}
        if self.runtime:
            changed["runtime"] = self.runtime
        return {**given, **changed}


BASELINE = "pyinstaller-tuned-onefile"
"""What tf2exe's onefile is held against."""

ROWS = (
    Row("python", "Python", "python"),
    Row("pyinstaller-onedir", "PyInstaller onedir", "pyinstaller", "standalone"),
    Row("pyinstaller-onefile", "PyInstaller onefile", "pyinstaller", "onefile"),
    Row(BASELINE, "PyInstaller onefile, tuned", "pyinstaller", "onefile", tuned=True),
    Row("nuitka", "Nuitka standalone", "nuitka", "standalone"),
    Row("tf2exe-standalone", "tf2exe standalone", "tf2exe", "standalone"),
    Row("tf2exe-onefile", "tf2exe onefile", "tf2exe", "onefile"),
)

EXTRA_RUNTIMES = tuple(runtime for runtime, module in RUNTIMES.items() if module)
"""Runtimes that rows of their own show, beside Python with the same models."""


def all_rows() -> tuple[Row, ...]:
    """Every row that this version can build."""
    if "runtime" not in Settings.model_fields:
        return ROWS
    further: list[Row] = []
    for runtime in EXTRA_RUNTIMES:
        further.append(Row(f"python-{runtime}", f"Python, {runtime}", "python", runtime=runtime))
        further += [
            Row(f"tf2exe-{runtime}-{mode}", f"tf2exe {mode}, {runtime}", "tf2exe", mode, runtime=runtime)
            for mode in ("standalone", "onefile")
        ]
    return (*ROWS, *further)


def choose(keys: Iterable[str], *, nuitka: bool) -> tuple[Row, ...]:
    """The rows with these keys, or the usual ones; plain Nuitka takes hours and must be asked for.

    Raises:
        KeyError: there is no such row.
    """
    known = {row.key: row for row in all_rows()}
    wanted = list(keys) or [key for key in known if key != "nuitka"]
    rows = [known[key] for key in wanted]
    if nuitka and known["nuitka"] not in rows:
        rows.append(known["nuitka"])
    return tuple(rows)
