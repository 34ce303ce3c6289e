"""Compares what Python and the executable answered, byte for byte, by a written and narrow rule.

The rule: the places of the program itself (its folders, its name in usage lines) are given the same names on
both sides; source lines under the frames of compiled modules, whose source does not travel, are taken out of
Python's tracebacks; then the bytes must be equal. What differs between two runs of Python itself is
recognised, masked by the narrowest rules of `nuitka_options/parity.toml` that explain it, and named.
Everything else counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tf2exe.golden import Answer
    from tf2exe.knowledge import Volatile

STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Places:
    """How the places of one side read in the common form.

    Attributes:
        paths: (path, common name), tried from the longest path to the shortest.
        names: what the program calls itself in usage lines.
        sourceless: common names of modules whose source does not travel.
    """

    paths: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    sourceless: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """The first place where two answers differ.

    Attributes:
        where: a stream, ``exit code`` or ``files``.
        line: counted from 1; 0 where there are no lines.
        python: what Python gave there.
        executable: what the executable gave there.
    """

    where: str
    line: int
    python: str
    executable: str

    def __str__(self) -> str:
        place = f"{self.where}, line {self.line}" if self.line else self.where
        return f"{place}: Python gives {self.python!r}, the executable {self.executable!r}"


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


def common_form(data: bytes, places: Places) -> str:
    """A stream with the program's own places named alike on both sides."""
    text = data.decode("utf-8", "surrogateescape")
    for path, name in sorted(places.paths, key=lambda pair: -len(pair[0])):
        text = text.replace(path, name)
    if places.names:
        text = _usage(text, "|".join(re.escape(name) for name in places.names))
    for module in places.sourceless:
        escaped = re.escape(module)
        text = re.sub(
            rf'(?m)^(  File "{escaped}", line \d+.*\n)(?:    .*\n)+', r"\1", text
        )  # a frame, then its source line and the marks below it
        text = re.sub(rf"(?m)^({escaped}:\d+: \w+: .*\n)  .*\n", r"\1", text)
    return text


def _usage(text: str, names: str) -> str:
    """What argparse and click say of a program's name; argparse breaks and indents lines by its length."""

    def unwrapped(found: re.Match[str]) -> str:
        return f"{found[1]}: <program> {' '.join(found[2].split())}"

    text = re.sub(rf"(?m)^([Uu]sage): (?:{names})(?=\s|$)(.*(?:\n +\S.*)*)", unwrapped, text)
    text = re.sub(rf"(?m)^(?:{names})(?=: error: )", "<program>", text)
    return re.sub(rf"(?m)^(Try ')(?:{names})(?= )", r"\1<program>", text)


def compare(
    python: Sequence[Answer],
    executable: Answer,
    *,
    places: Callable[[Answer, bool], Places],
    rules: Sequence[Volatile],
    run_again: Callable[[], Answer],
) -> Comparison:
    """Judges one sample.

    Args:
        python: at least two runs in Python.
        executable: the run of the executable.
        places: gives the places of an answer; True for the executable's.
        rules: what may be volatile, the user's own rules first.
        run_again: runs the sample in Python once more.
    """
    runs = list(python)
    masked: set[str] = set()
    for stream in STREAMS:
        ours = common_form(getattr(executable, stream), places(executable, True))  # noqa: FBT003 - see Args
        theirs = [_form(answer, stream, places) for answer in runs]
        needed = _needed(theirs, ours, rules)
        if needed is None:
            difference = _first(stream, theirs[0], next(t for t in theirs if t != theirs[0]))
            return Comparison(executable.sample, difference, (), unstable=True)
        wanted = _explain([*theirs, ours], rules)
        # Python gets the chance to show that it differs from itself in just this.
        for _ in range(2 if wanted else 0):
            if _mask(ours, needed) == _mask(theirs[0], needed):
                break
            runs.append(run_again())
            theirs.append(_form(runs[-1], stream, places))
            needed = _needed(theirs, ours, rules) or needed
        masked |= {rule.name for rule in needed}
        if _mask(ours, needed) != _mask(theirs[0], needed):
            shown = [rule for rule in rules if rule.unmistakable or rule in needed]
            difference = _first(stream, _mask(theirs[0], shown), _mask(ours, shown))
            return Comparison(executable.sample, difference, tuple(sorted(masked)))
    for run in runs[1:]:
        if own := _other(runs[0], run):
            return Comparison(executable.sample, own, tuple(sorted(masked)), unstable=True)
    return Comparison(executable.sample, _other(runs[0], executable), tuple(sorted(masked)))


def _form(answer: Answer, stream: str, places: Callable[[Answer, bool], Places]) -> str:
    return common_form(getattr(answer, stream), places(answer, False))  # noqa: FBT003 - see Args of compare


def _mask(text: str, rules: Iterable[Volatile]) -> str:
    for rule in rules:
        text = re.sub(rule.pattern, rule.replacement, text)
    return text


def _explain(texts: Sequence[str], rules: Sequence[Volatile]) -> tuple[Volatile, ...] | None:
    """The narrowest rules under which all texts are the same; None if there are none.

    Rules come with the widest first: it is tried first whether one can be done without.
    """

    def same(chosen: Sequence[Volatile]) -> bool:
        return len({_mask(text, chosen) for text in texts}) == 1

    if same(()):
        return ()
    if not same(rules):
        # One rule may take away what another one needs to match.
        return next(((rule,) for rule in rules if same((rule,))), None)
    chosen = list(rules)
    for rule in rules:
        without = [kept for kept in chosen if kept is not rule]
        if same(without):
            chosen = without
    return tuple(chosen)


def _needed(theirs: Sequence[str], ours: str, rules: Sequence[Volatile]) -> tuple[Volatile, ...] | None:
    """What must be masked because Python differs from itself there, or because no other text looks so."""
    shown = _explain(theirs, rules)
    if shown is None or _mask(ours, shown) == _mask(theirs[0], shown):
        return shown
    sure = [rule for rule in rules if rule.unmistakable or rule in shown]
    return _explain([*theirs, ours], sure) or shown


def _first(where: str, python: str, executable: str) -> Difference:
    left, right = python.splitlines(keepends=True), executable.splitlines(keepends=True)
    for number in range(max(len(left), len(right))):
        a = left[number] if number < len(left) else "(nothing)"
        b = right[number] if number < len(right) else "(nothing)"
        if a != b:
            return Difference(where, number + 1, a, b)
    return Difference(where, 0, python[:80], executable[:80])


def _other(python: Answer, executable: Answer) -> Difference | None:
    if python.exit_code != executable.exit_code:
        return Difference("exit code", 0, str(python.exit_code), str(executable.exit_code))
    if python.files != executable.files:
        ours, theirs = dict(executable.files), dict(python.files)
        name = next(n for n in sorted(ours.keys() | theirs.keys()) if ours.get(n) != theirs.get(n))
        return Difference(
            f"file {name}", 0, theirs.get(name, "(not written)"), ours.get(name, "(not written)")
        )
    return None
