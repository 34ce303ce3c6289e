"""Finds the narrowest rules of `nuitka_options/parity.toml` that explain why two answers differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.knowledge import Volatile


def mask(text: str, rules: Iterable[Volatile]) -> str:
    """The text with a common name for what the rules find."""
    for rule in rules:
        text = re.sub(rule.pattern, rule.replacement, text)
    return text


def explain(texts: Sequence[str], rules: Sequence[Volatile]) -> tuple[Volatile, ...] | None:
    """The narrowest rules under which all texts are the same; None if there are none.

    Rules come with the widest first: it is tried first whether one can be done without.
    """

    def same(chosen: Sequence[Volatile]) -> bool:
        return len({mask(text, chosen) for text in texts}) == 1

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


def find_needed(theirs: Sequence[str], ours: str, rules: Sequence[Volatile]) -> tuple[Volatile, ...] | None:
    """What must be masked because Python differs from itself there, or because no other text looks so."""
    shown = explain(theirs, rules)
    if shown is None or mask(ours, shown) == mask(theirs[0], shown):
        return shown
    sure = [rule for rule in rules if rule.unmistakable or rule in shown]
    return explain([*theirs, ours], sure) or shown
