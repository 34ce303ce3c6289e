"""Size breakdown of a build by package and by kind, with the excluded files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tf2exe import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tf2exe.package.manifest import Manifest
    from tf2exe.plan.plan_json import PlanDocument, PlannedFile

KINDS = {
    "native": "native libraries",
    "bytecode": "bytecode",
    "source": "source",
    "data": "package data",
    "model": "the program's model and data",
    "program": "the program itself",
}
"""Kinds of files, with their titles."""

STANDARD = "standard library"
PROGRAM = "the program"
MACHINE = "system libraries"

NATIVE = (".so", ".pyd", ".dll", ".dylib")


@dataclass(frozen=True)
class Share:
    """A part of the build.

    Attributes:
        owner: the package, or another part of the build.
        kinds: bytes by kind.
        files: their number.
        saved: bytes that rules excluded from it.
    """

    owner: str
    kinds: dict[str, int]
    files: int
    saved: int

    @property
    def size(self) -> int:
        """Bytes of all kinds."""
        return sum(self.kinds.values())


@dataclass(frozen=True)
class Saving:
    """The files that one rule excluded."""

    owner: str
    pattern: str
    files: int
    size: int
    reason: str


@dataclass(frozen=True)
class Sizes:
    """All shares and savings, the largest first.

    Attributes:
        shares: by owner.
        savings: by rule.
        stripped: bytes that stripping saved.
    """

    shares: tuple[Share, ...]
    savings: tuple[Saving, ...]
    stripped: int

    @property
    def size(self) -> int:
        """Bytes of the build, unpacked."""
        return sum(share.size for share in self.shares)

    @property
    def saved(self) -> int:
        """Bytes that rules excluded."""
        return sum(saving.size for saving in self.savings)

    def of_kind(self, kind: str) -> int:
        """Bytes of one kind."""
        return sum(share.kinds.get(kind, 0) for share in self.shares)


def measure_sizes(plan: PlanDocument, manifest: Manifest) -> Sizes:
    """Adds up the sizes of the files of a build."""
    planned = {file.path: file for file in plan.files}
    data = {file.path for file in plan.data}
    libraries = {library.path for library in plan.libraries}
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counts: dict[str, int] = defaultdict(int)
    stripped = 0
    for file in manifest.files:
        path, size = file.path, file.size
        known = planned.get(path) or planned.get(_source_of(path))
        owner = _owner(path, known, libraries)
        kinds[owner][_kind(path, owner, path in data)] += size
        counts[owner] += 1
        if known is not None and known.kind == "stripped":
            stripped += max(0, known.size - size)
    saved: dict[str, int] = defaultdict(int)
    for each in plan.excluded:
        saved[_name(each.owner)] += each.size
    shares = [Share(owner, dict(found), counts[owner], saved[owner]) for owner, found in kinds.items()]
    savings = [
        Saving(_name(each.owner), each.pattern, each.files, each.size, each.reason) for each in plan.excluded
    ]
    return Sizes(
        tuple(sorted(shares, key=lambda share: -share.size)),
        tuple(sorted(savings, key=lambda saving: -saving.size)),
        stripped,
    )


def summarize_rest(shares: Sequence[Share]) -> list[Share]:
    """One share for several; an empty list for none."""
    if not shares:
        return []
    kinds = {kind: sum(share.kinds.get(kind, 0) for share in shares) for kind in KINDS}
    files, saved = sum(share.files for share in shares), sum(share.saved for share in shares)
    return [Share(f"{len(shares)} others", kinds, files, saved)]


def _name(owner: str) -> str:
    return STANDARD if owner == "python" else owner


def _source_of(path: str) -> str:
    """The module of a bytecode file."""
    bundled = layout.last_module(path)
    if bundled:
        return bundled
    pure = PurePosixPath(path)
    if pure.suffix != ".pyc" or pure.parent.name != "__pycache__":
        return path
    return str(pure.parent.parent / f"{pure.name.partition('.')[0]}.py")


def _owner(path: str, known: PlannedFile | None, libraries: set[str]) -> str:
    if known is not None:
        return _name(known.owner)
    return MACHINE if path in libraries else PROGRAM


def _kind(path: str, owner: str, is_data: bool) -> str:  # noqa: FBT001 - a fact, no option
    if is_data:
        return "model"
    if owner == PROGRAM and not path.startswith("lib/tf2exe/"):
        return "program"
    if path.endswith(NATIVE) or ".so." in PurePosixPath(path).name:
        return "native"
    if path.endswith(".pyc") or layout.last_module(path):
        return "bytecode"
    return "source" if path.endswith(".py") else "data"
