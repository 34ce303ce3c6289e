"""Finds the narrowest rules of `nuitka_options/parity.toml` under which two outputs are equal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.knowledge.volatile_rules import VolatileRule


def mask(text: str, rules: Iterable[VolatileRule]) -> str:
    """The text, in which each match of a rule is replaced."""
    for rule in rules:
        text = re.sub(rule.pattern, rule.replacement, text)
    return text


def minimal_rules(texts: Sequence[str], rules: Sequence[VolatileRule]) -> tuple[VolatileRule, ...] | None:
    """The narrowest rules under which all texts are equal; None: not even all rules make them equal.

    Rules are given from the widest to the narrowest; the widest is dropped first.
    """

    def are_equal(chosen: Sequence[VolatileRule]) -> bool:
        return len({mask(text, chosen) for text in texts}) == 1

    if are_equal(()):
        return ()
    if not are_equal(rules):
        # One rule may remove text that another one needs to match.
        return next(((rule,) for rule in rules if are_equal((rule,))), None)
    chosen = list(rules)
    for rule in rules:
        without = [kept for kept in chosen if kept is not rule]
        if are_equal(without):
            chosen = without
    return tuple(chosen)


def required_rules(
    theirs: Sequence[str], ours: str, rules: Sequence[VolatileRule]
) -> tuple[VolatileRule, ...] | None:
    """The rules to apply: Python differs from itself there, or the rule always applies.

    Args:
        theirs: the outputs of Python.
        ours: the output of the executable.
        rules: from the widest to the narrowest.

    Returns:
        None: the outputs of Python differ, and no rule explains it.
    """
    shown = minimal_rules(theirs, rules)
    if shown is None or mask(ours, shown) == mask(theirs[0], shown):
        return shown
    sure = [rule for rule in rules if rule.always or rule in shown]
    return minimal_rules([*theirs, ours], sure) or shown
