"""The variants that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tf2exe.config.settings import Settings
from tf2exe.convert.runtimes import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.config.settings import Mode

Kind = Literal["python", "pyinstaller", "nuitka", "tf2exe"]


@dataclass(frozen=True)
class Variant:
    """A way to build and deliver the program.

    Attributes:
        key: its name on the command line and in JSON.
        title: its name for people.
        kind: the tool that builds it.
        mode: a folder or a single file; None in Python.
        tuned: whether PyInstaller leaves out and strips files, unlike its defaults.
        runtime: the inference runtime; empty for that of the settings.
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
"""The variant that tf2exe's onefile is compared with."""

VARIANTS = (
    Variant("python", "Python", "python"),
    Variant("pyinstaller-onedir", "PyInstaller onedir", "pyinstaller", "standalone"),
    Variant("pyinstaller-onefile", "PyInstaller onefile", "pyinstaller", "onefile"),
    Variant(BASELINE, "PyInstaller onefile, tuned", "pyinstaller", "onefile", tuned=True),
    Variant("nuitka", "Nuitka standalone", "nuitka", "standalone"),
    Variant("tf2exe-standalone", "tf2exe standalone", "tf2exe", "standalone"),
    Variant("tf2exe-onefile", "tf2exe onefile", "tf2exe", "onefile"),
)

EXTRA_RUNTIMES = tuple(runtime for runtime, module in RUNTIMES.items() if module)
"""Runtimes with their own variants, and a variant in Python with the same models."""


def all_variants() -> tuple[Variant, ...]:
    """All variants that this version can build."""
    if "runtime" not in Settings.model_fields:
        return VARIANTS
    further: list[Variant] = []
    for runtime in EXTRA_RUNTIMES:
        further.append(Variant(f"python-{runtime}", f"Python, {runtime}", "python", runtime=runtime))
        further += [
            Variant(f"tf2exe-{runtime}-{mode}", f"tf2exe {mode}, {runtime}", "tf2exe", mode, runtime=runtime)
            for mode in ("standalone", "onefile")
        ]
    return (*VARIANTS, *further)


def select_variants(keys: Iterable[str], *, nuitka: bool) -> tuple[Variant, ...]:
    """The variants with these keys; without keys all but plain Nuitka, which takes hours.

    Args:
        keys: of variants.
        nuitka: add plain Nuitka.

    Raises:
        KeyError: a key is unknown.
    """
    known = {variant.key: variant for variant in all_variants()}
    wanted = list(keys) or [key for key in known if key != "nuitka"]
    variants = [known[key] for key in wanted]
    if nuitka and known["nuitka"] not in variants:
        variants.append(known["nuitka"])
    return tuple(variants)
