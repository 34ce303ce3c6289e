"""The number of examples: few in a usual run, many with `pytest tests/fuzz --hypothesis-profile=long`."""

from __future__ import annotations

from hypothesis import settings

PROFILES = ("usual", "long")
FILES_A_PART = 2_500
PARTS = {"usual": 4, "long": 480}

settings.register_profile("usual", max_examples=500, derandomize=True, deadline=None, database=None)
settings.register_profile("long", max_examples=50_000, deadline=None, database=None)

_chosen = ["usual"]


def set_effort(profile: str | None) -> None:
    """Sets the effort, before tests are imported."""
    _chosen[0] = profile if profile in PROFILES else "usual"


def examples() -> settings:
    """The settings of tests with hypothesis."""
    return settings.get_profile(_chosen[0])


def parts() -> int:
    """The number of parts of a campaign, each with `FILES_A_PART` files."""
    return PARTS[_chosen[0]]
