"""What the application really loaded while it ran its samples."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tf2exe.samples.runner import RunResult


@dataclass(frozen=True)
class Footprint:
    """The union over all samples and all their processes.

    Attributes:
        modules: names of modules with the file that each was loaded from (empty: built in).
        executed: files whose module code ran, also those that replaced themselves in ``sys.modules``.
        opened: files that were opened for reading.
        read_as_source: Python files whose text was read, each with the file that asked for it.
        libraries: native libraries that were mapped at the end.
        answers: what the traced runs answered, one for each sample.
    """

    modules: tuple[tuple[str, str], ...]
    executed: tuple[str, ...]
    opened: tuple[str, ...]
    read_as_source: tuple[tuple[str, str], ...]
    libraries: tuple[str, ...]
    answers: tuple[RunResult, ...]

    @property
    def files(self) -> set[str]:
        """Every file that was executed, opened, mapped or loaded as a module."""
        return {*self.executed, *self.opened, *self.libraries, *(file for _, file in self.modules)}


NOTHING = Footprint((), (), (), (), (), ())
"""Of what has not run."""


def gather(folder: Path, answers: tuple[RunResult, ...]) -> Footprint:
    """Joins the records that the traced processes left in ``folder``."""
    records: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        for path in sorted(folder.rglob("trace-*.json"))
    ]

    written = [entry for path in sorted(folder.rglob("trace-*.lines")) for entry in _lines(path)]

    def union(key: str) -> list[Any]:
        whole = {tuple(v) if isinstance(v, list) else v for record in records for v in record.get(key, ())}
        return sorted(whole | {value for kind, value in written if kind == key})

    return Footprint(
        modules=tuple(sorted({*union("modules"), *union("imported")})),
        executed=tuple(union("executed")),
        opened=tuple(union("opened")),
        read_as_source=tuple(union("read_as_source")),
        libraries=tuple(union("libraries")),
        answers=answers,
    )


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    """What a forked process wrote until it was ended, perhaps in the middle of a line."""
    for line in path.read_text(encoding="ascii").splitlines(keepends=True):
        if line.endswith("\n"):
            yield ast.literal_eval(line)
