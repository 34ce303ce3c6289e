"""Compares the results of a run in Python and of the executable, byte for byte.

The rule: paths and names of the program (its folders, its name in usage lines) get the same names on both
sides; source lines of compiled modules whose source is not bundled are removed from Python's tracebacks; then
the bytes must be equal. Text that differs between two runs of Python is masked by the narrowest rules of
`nuitka_options/parity.toml` under which those runs are equal, and the rules are named. Every other difference
counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.knowledge.glob import matches
from tf2exe.verify.normalize import normalize
from tf2exe.verify.volatile import mask, minimal_rules, required_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tf2exe.knowledge.volatile_rules import VolatileRule
    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.normalize import Substitutions

STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Difference:
    """The first difference between two results.

    Attributes:
        where: a stream, ``exit code`` or a file.
        line: counted from 1; 0 where there are no lines.
        python: Python's text.
        executable: the executable's text, or that of another run of Python where two of them differ.
    """

    where: str
    line: int
    python: str
    executable: str

    def between(self, first: str, second: str) -> str:
        """In words, with names for the two sides."""
        location = f"{self.where}, line {self.line}" if self.line else self.where
        return f"{location}: {first} gives {self.python!r}, {second} {self.executable!r}"

    def __str__(self) -> str:
        return self.between("Python", "the executable")


@dataclass(frozen=True)
class Comparison:
    """The comparison of one sample.

    Attributes:
        sample: its name.
        difference: the first one; None: the results are equal.
        masked: names of the rules that were applied, because Python differs from itself there.
        unstable: two runs of Python differ, and no rule explains it.
    """

    sample: str
    difference: Difference | None
    masked: tuple[str, ...]
    unstable: bool = False

    @property
    def same(self) -> bool:
        """Whether the executable matches Python."""
        return self.difference is None

    def __str__(self) -> str:
        if self.difference is None:
            return "the same"
        if self.unstable:
            return f"two runs of Python differ: {self.difference.between('one', 'the other')}"
        return str(self.difference)


@dataclass(frozen=True)
class Substituted:
    """How each side's results are normalized.

    Attributes:
        python: gives the substitutions for a result of Python.
        executable: gives the substitutions for a result of the executable.
    """

    python: Callable[[RunResult], Substitutions]
    executable: Callable[[RunResult], Substitutions]


def compare_results(
    python: Sequence[RunResult],
    executable: RunResult,
    *,
    substituted: Substituted,
    rules: Sequence[VolatileRule],
    run_again: Callable[[], RunResult],
    ignored: Sequence[str] = (),
) -> Comparison:
    """Compares the results of one sample.

    Args:
        python: the results in Python; two or more show what differs from run to run.
        executable: the result of the executable.
        substituted: how each side is normalized.
        rules: text that may be volatile, the user's own rules first.
        run_again: runs the sample in Python once more.
        ignored: patterns of written files that the user excludes from the comparison.
    """
    runs = list(python)
    masked: set[str] = set()
    for stream in STREAMS:
        ours = normalize(getattr(executable, stream), substituted.executable(executable))
        theirs = [_normalized(run, stream, substituted) for run in runs]
        required = required_rules(theirs, ours, rules)
        if required is None:
            own = _first_difference(stream, theirs[0], next(t for t in theirs if t != theirs[0]))
            return Comparison(executable.sample, own, (), unstable=True)
        explained = minimal_rules([*theirs, ours], rules)
        # If rules explain the difference, Python runs again, and may show that it differs from itself there.
        for _ in range(2 if explained else 0):
            if mask(ours, required) == mask(theirs[0], required):
                break
            runs.append(run_again())
            theirs.append(_normalized(runs[-1], stream, substituted))
            required = required_rules(theirs, ours, rules) or required
        masked |= {rule.name for rule in required}
        if mask(ours, required) != mask(theirs[0], required):
            applied = [rule for rule in rules if rule.always or rule in required]
            first = _first_difference(stream, mask(theirs[0], applied), mask(ours, applied))
            return Comparison(executable.sample, first, tuple(sorted(masked)))
    for run in runs[1:]:
        difference, skipped = _compare_files(runs[0], run, ignored)
        if difference:
            return Comparison(executable.sample, difference, tuple(sorted(masked | skipped)), unstable=True)
    difference, skipped = _compare_files(runs[0], executable, ignored)
    return Comparison(executable.sample, difference, tuple(sorted(masked | skipped)))


def _normalized(result: RunResult, stream: str, substituted: Substituted) -> str:
    """A stream of a run in Python."""
    return normalize(getattr(result, stream), substituted.python(result))


def _first_difference(where: str, python: str, executable: str) -> Difference:
    left, right = python.splitlines(keepends=True), executable.splitlines(keepends=True)
    for number in range(max(len(left), len(right))):
        a = left[number] if number < len(left) else "(nothing)"
        b = right[number] if number < len(right) else "(nothing)"
        if a != b:
            return Difference(where, number + 1, a, b)
    return Difference(where, 0, python[:80], executable[:80])


def _compare_files(
    python: RunResult, executable: RunResult, ignored: Sequence[str]
) -> tuple[Difference | None, set[str]]:
    """The first difference of exit code and files, and the ignored patterns that hid one."""
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
