"""The footprint: what the application loaded while it ran its samples."""

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
    """The union of the records of all samples and all their processes.

    Attributes:
        modules: names of modules, each with the file that it was loaded from (empty: built in).
        executed: files whose module code ran, also those that replaced themselves in ``sys.modules``.
        opened: files that were opened for reading.
        read_as_source: Python files whose text was read, each with the file of the code that read it.
        libraries: native libraries that were mapped when a process ended.
        results: the results of the traced runs, one for each sample.
    """

    modules: tuple[tuple[str, str], ...]
    executed: tuple[str, ...]
    opened: tuple[str, ...]
    read_as_source: tuple[tuple[str, str], ...]
    libraries: tuple[str, ...]
    results: tuple[RunResult, ...]

    @property
    def files(self) -> set[str]:
        """Every file that was executed, opened, mapped or loaded as a module."""
        return {*self.executed, *self.opened, *self.libraries, *(file for _, file in self.modules)}


EMPTY_FOOTPRINT = Footprint((), (), (), (), (), ())
"""The footprint of an application that has not run."""


def read_footprint(folder: Path, results: tuple[RunResult, ...]) -> Footprint:
    """Reads and joins the records of traced processes.

    Args:
        folder: the folder of the records. The tracer writes a JSON file when a process ends, and a file of
            lines for each process, with the events up to then.
        results: the results of the traced runs.

    Raises:
        ValueError, SyntaxError: a record is damaged.
    """
    records: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        for path in sorted(folder.rglob("trace-*.json"))
    ]
    events = [event for path in sorted(folder.rglob("trace-*.lines")) for event in _read_events(path)]

    def union(key: str) -> list[Any]:
        values = {tuple(v) if isinstance(v, list) else v for record in records for v in record.get(key, ())}
        return sorted(values | {value for kind, value in events if kind == key})

    return Footprint(
        modules=tuple(sorted({*union("modules"), *union("imported")})),
        executed=tuple(union("executed")),
        opened=tuple(union("opened")),
        read_as_source=tuple(union("read_as_source")),
        libraries=tuple(union("libraries")),
        results=results,
    )


def _read_events(path: Path) -> Iterator[tuple[str, Any]]:
    """Reads (kind, value) from each complete line. The last one is incomplete if the process was killed."""
    for line in path.read_text(encoding="ascii").splitlines(keepends=True):
        if line.endswith("\n"):
            yield ast.literal_eval(line)
