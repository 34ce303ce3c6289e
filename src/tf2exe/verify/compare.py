"""Compares what Python and the executable answered, byte for byte, by a written and narrow rule.

The rule: the places of the program itself (its folders, its name in usage lines) are given the same names on
both sides; source lines under the frames of compiled modules, whose source does not travel, are taken out of
Python's tracebacks; then the bytes must be equal. What differs between two runs of Python itself is
recognised, masked by the narrowest rules of `nuitka_options/parity.toml` that explain it, and named.
Everything else counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.knowledge.glob import matches
from tf2exe.verify.normalize import common_form
from tf2exe.verify.volatile import explain, find_needed, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tf2exe.knowledge import Volatile
    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.normalize import Places

STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Difference:
    """The first place where two answers differ.

    Attributes:
        where: a stream, ``exit code`` or a file.
        line: counted from 1; 0 where there are no lines.
        python: what Python gave there.
        executable: what the executable gave there, or another run of Python where that is judged.
    """

    where: str
    line: int
    python: str
    executable: str

    def between(self, first: str, second: str) -> str:
        """In words, with names for the two sides."""
        place = f"{self.where}, line {self.line}" if self.line else self.where
        return f"{place}: {first} gives {self.python!r}, {second} {self.executable!r}"

    def __str__(self) -> str:
        return self.between("Python", "the executable")


@dataclass(frozen=True)
class Comparison:
    """The verdict on one sample.

    Attributes:
        sample: its name.
        difference: the first one; None: they are the same.
        masked: names of the rules that were needed, because Python differs from itself there.
        unstable: Python differs from itself in a way that no rule explains.
    """

    sample: str
    difference: Difference | None
    masked: tuple[str, ...]
    unstable: bool = False

    @property
    def same(self) -> bool:
        """Whether the executable answered like Python."""
        return self.difference is None

    def __str__(self) -> str:
        if self.difference is None:
            return "the same"
        if self.unstable:
            return f"two runs of Python differ: {self.difference.between('one', 'the other')}"
        return str(self.difference)


def compare(
    python: Sequence[RunResult],
    executable: RunResult,
    *,
    places: Callable[[RunResult, bool], Places],
    rules: Sequence[Volatile],
    run_again: Callable[[], RunResult],
    ignored: Sequence[str] = (),
) -> Comparison:
    """Judges one sample.

    Args:
        python: the runs in Python; what differs from run to run shows in two or more.
        executable: the run of the executable.
        places: gives the places of an answer; True for the executable's.
        rules: what may be volatile, the user's own rules first.
        run_again: runs the sample in Python once more.
        ignored: patterns of written files that the user leaves out.
    """
    runs = list(python)
    masked: set[str] = set()
    for stream in STREAMS:
        ours = common_form(getattr(executable, stream), places(executable, True))  # noqa: FBT003 - see Args
        theirs = [_form(answer, stream, places) for answer in runs]
        needed = find_needed(theirs, ours, rules)
        if needed is None:
            own = _first(stream, theirs[0], next(t for t in theirs if t != theirs[0]))
            return Comparison(executable.sample, own, (), unstable=True)
        wanted = explain([*theirs, ours], rules)
        # Python gets the chance to show that it differs from itself in just this.
        for _ in range(2 if wanted else 0):
            if mask(ours, needed) == mask(theirs[0], needed):
                break
            runs.append(run_again())
            theirs.append(_form(runs[-1], stream, places))
            needed = find_needed(theirs, ours, rules) or needed
        masked |= {rule.name for rule in needed}
        if mask(ours, needed) != mask(theirs[0], needed):
            shown = [rule for rule in rules if rule.unmistakable or rule in needed]
            first = _first(stream, mask(theirs[0], shown), mask(ours, shown))
            return Comparison(executable.sample, first, tuple(sorted(masked)))
    for run in runs[1:]:
        difference, skipped = _other(runs[0], run, ignored)
        if difference:
            return Comparison(executable.sample, difference, tuple(sorted(masked | skipped)), unstable=True)
    difference, skipped = _other(runs[0], executable, ignored)
    return Comparison(executable.sample, difference, tuple(sorted(masked | skipped)))


def _form(answer: RunResult, stream: str, places: Callable[[RunResult, bool], Places]) -> str:
    return common_form(getattr(answer, stream), places(answer, False))  # noqa: FBT003 - see Args of compare


def _first(where: str, python: str, executable: str) -> Difference:
    left, right = python.splitlines(keepends=True), executable.splitlines(keepends=True)
    for number in range(max(len(left), len(right))):
        a = left[number] if number < len(left) else "(nothing)"
        b = right[number] if number < len(right) else "(nothing)"
        if a != b:
            return Difference(where, number + 1, a, b)
    return Difference(where, 0, python[:80], executable[:80])


def _other(
    python: RunResult, executable: RunResult, ignored: Sequence[str]
) -> tuple[Difference | None, set[str]]:
    """The first difference that is in no stream, and which of the ignored files would have been one."""
    if python.exit_code != executable.exit_code:
        return Difference("exit code", 0, str(python.exit_code), str(executable.exit_code)), set()
    ours, theirs = dict(executable.files), dict(python.files)
    skipped: set[str] = set()
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) == theirs.get(name):
            continue
        pattern = next((pattern for pattern in ignored if matches(pattern, name)), None)
        if pattern is None:
            missing = "(not written)"
            return Difference(f"file {name}", 0, theirs.get(name, missing), ours.get(name, missing)), skipped
        skipped.add(f"file '{pattern}'")
    return None, skipped
