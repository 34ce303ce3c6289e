"""What the application really loaded while it ran its samples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.golden import Answer


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
    answers: tuple[Answer, ...]


def gather(folder: Path, answers: tuple[Answer, ...]) -> Footprint:
    """Joins the records that the traced processes left in ``folder``."""
    records: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        for path in sorted(folder.rglob("trace-*.json"))
    ]

    def union(key: str) -> list[Any]:
        return sorted({tuple(v) if isinstance(v, list) else v for record in records for v in record[key]})

    return Footprint(
        modules=tuple(sorted({*union("modules"), *union("imported")})),
        executed=tuple(union("executed")),
        opened=tuple(union("opened")),
        read_as_source=tuple(union("read_as_source")),
        libraries=tuple(union("libraries")),
        answers=answers,
    )
