"""Reads a corpus: a folder of files with a list of command lines, or just a folder of files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tf2exe.config import windows_names
from tf2exe.config.application import Sample
from tf2exe.config.samples import find_input_files
from tf2exe.errors import ConfigurationError
from tf2exe.knowledge.glob import matches
from tf2exe.system import host
from tf2exe.system.captured_process import Stream  # noqa: TC001 - pydantic reads the types of its models

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LIST_FILE = "cases.toml"
MAX_JOINED_CASES = 200
"""The most cases that share a process, unless the corpus sets another number."""


@dataclass(frozen=True)
class Case:
    """A command line of a corpus.

    Attributes:
        sample: its command line.
        join: the name of the join in which it may run; empty: it runs in a process of its own.
    """

    sample: Sample
    join: str = ""

    @property
    def group(self) -> str:
        """The part of its name before the first slash."""
        return self.sample.name.partition("/")[0]


@dataclass(frozen=True)
class CorpusRun:
    """The cases of one process on each side: one case, or several joined."""

    sample: Sample
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Corpus:
    """The cases of a folder.

    Attributes:
        folder: the folder with their files.
        cases: the cases, in the order of the list.
        joins: by name, the first arguments of the joined command lines, and the most cases of one of them.
        left_out: names of cases that are not possible on this system, each with the reason.
    """

    folder: Path
    cases: tuple[Case, ...]
    joins: dict[str, tuple[tuple[str, ...], int]]
    left_out: tuple[tuple[str, str], ...] = ()

    def runs(self, *, alone: bool) -> Iterator[CorpusRun]:
        """The processes to run; ``alone``: one for each case."""
        for case in self.cases:
            if alone or not case.join:
                yield CorpusRun(case.sample, (case,))
        for join, (arguments, size) in {} if alone else self.joins.items():
            members = [case for case in self.cases if case.join == join]
            for start in range(0, len(members), size):
                part = tuple(members[start : start + size])
                name = f"{join} {start + 1} to {start + len(part)}, joined"
                yield CorpusRun(_joined(name, arguments, part), part)


def _joined(name: str, arguments: tuple[str, ...], cases: tuple[Case, ...]) -> Sample:
    own = [argument for case in cases for argument in case.sample.arguments[len(arguments) :]]
    inputs = dict.fromkeys(pair for case in cases for pair in case.sample.inputs)
    return Sample(name, (*arguments, *own), None, tuple(inputs))


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Join(_Table):
    arguments: tuple[str, ...] = ()
    size: int = Field(MAX_JOINED_CASES, ge=1)


class _CaseTable(_Table):
    name: str = Field(min_length=1)
    arguments: tuple[str, ...] = ()
    join: str = ""
    stdin: str = ""
    stdout: Stream = "captured"
    stderr: Stream = "captured"
    environment: dict[str, str] = {}
    files: tuple[str, ...] = ()


class _List(_Table):
    format: Literal[1]
    join: dict[str, _Join] = {}
    case: tuple[_CaseTable, ...] = ()


def read_corpus(folder: Path, only: Iterable[str] = (), *, windows: bool = host.IS_WINDOWS) -> Corpus:
    """Reads a corpus.

    Args:
        folder: a folder with a ``cases.toml``. Without that file, each file is a case: its only argument.
        only: patterns of the names of cases to read; none: all.
        windows: leave out cases that are not possible on Windows.

    Raises:
        ConfigurationError: there is no case, or the list is wrong.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"no corpus at {folder}", "there is no such folder", "check --corpus")
    listed = _listed(folder, windows=windows) if (folder / LIST_FILE).is_file() else _unlisted(folder)
    patterns = tuple(only)

    def is_wanted(name: str) -> bool:
        return not patterns or any(matches(pattern, name) for pattern in patterns)

    cases = tuple(case for case in listed.cases if is_wanted(case.sample.name))
    if not cases:
        why = f"none of its {len(listed.cases)} cases has such a name" if patterns else "it has no files"
        raise ConfigurationError(f"no case in {folder}", why, "check --corpus and --only")
    left_out = tuple((name, why) for name, why in listed.left_out if is_wanted(name))
    return Corpus(folder, cases, listed.joins, left_out)


def _unlisted(folder: Path) -> Corpus:
    return Corpus(folder, tuple(_files(folder)), {})


def _files(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield Case(Sample(name, (name,), None, ((path, name),)))


def _listed(folder: Path, *, windows: bool) -> Corpus:
    path = folder / LIST_FILE
    try:
        document = _List.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}", str(error), "correct the file") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"wrong '{where}' in {path}", first["msg"], "correct the file") from error
    names = [case.name for case in document.case]
    twice = (
        next((name for name in names if names.count(name) > 1), None)
        if len(set(names)) < len(names)
        else None
    )
    if twice is not None:
        raise ConfigurationError(
            f"two cases in {path} are named '{twice}'", "names must be unique", "rename one"
        )
    joins = {name: (join.arguments, join.size) for name, join in document.join.items()}
    impossible = {table.name: _reason_against(table) for table in document.case} if windows else {}
    tables = [table for table in document.case if not impossible.get(table.name)]
    left_out = tuple((name, why) for name, why in impossible.items() if why)
    return Corpus(folder, tuple(_case(table, joins, folder) for table in tables), joins, left_out)


def _reason_against(table: _CaseTable) -> str:
    words = (*table.arguments, *table.files, table.stdin)
    return windows_names.unsupported_reason(words, (table.stdout, table.stderr))


def _case(table: _CaseTable, joins: dict[str, tuple[tuple[str, ...], int]], folder: Path) -> Case:
    stdin = folder / table.stdin if table.stdin else None
    missing = next(
        (f for f in (*table.files, *filter(None, [table.stdin])) if not (folder / f).is_file()), None
    )
    if missing is not None:
        raise ConfigurationError(
            f"no file {folder / missing}", f"the case '{table.name}' names it", f"correct {LIST_FILE}"
        )
    inputs = (*find_input_files(table.arguments, folder), *((folder / file, file) for file in table.files))
    sample = Sample(
        table.name,
        table.arguments,
        stdin,
        tuple(dict.fromkeys(inputs)),
        environment=tuple(table.environment.items()),
        stdout=table.stdout,
        stderr=table.stderr,
    )
    if table.join:
        _check_join(table, joins)
    return Case(sample, table.join)


def _check_join(table: _CaseTable, joins: dict[str, tuple[tuple[str, ...], int]]) -> None:
    """Joined cases share environment and streams, and begin with the arguments of the join."""
    plain = _CaseTable(name=table.name, arguments=table.arguments, join=table.join, files=table.files)
    if table.join not in joins:
        why = f"there is no [join.{table.join}]"
    elif table != plain:
        why = "only arguments and files can be joined"
    elif table.arguments[: len(joins[table.join][0])] != joins[table.join][0]:
        why = f"its arguments do not begin with those of [join.{table.join}]"
    else:
        return
    raise ConfigurationError(f"the case '{table.name}' cannot be joined", why, f"correct {LIST_FILE}")
