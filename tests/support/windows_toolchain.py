"""A pytest plugin that skips the tests of Windows executables if the cross-build toolchain is incomplete.

All of them are skipped with one reason, which names the missing components and the command that makes them.
CI does not expect this reason (tests/expected_skips.toml), so an incomplete toolchain fails its run.
"""

from __future__ import annotations

import sys

import pytest

from tf2exe.compile import compilers
from tf2exe.cross.toolchain import prepare
from tf2exe.cross.toolchain.components import RUNTIMES
from tf2exe.cross.toolchain.location import user_toolchain

DEFAULT_GROUPS = ("litert",)
"""The package groups that a test needs if its marker names none."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests marked `windows`, except those that are skipped for another reason."""
    needed = {
        item: frozenset(marker.args or DEFAULT_GROUPS)
        for item in items
        if (marker := item.get_closest_marker("windows")) and not item.get_closest_marker("skip")
    }
    lacking = {groups for groups in set(needed.values()) if explain_missing(groups)}
    if not lacking:
        return
    skip = pytest.mark.skip(reason=explain_missing(frozenset().union(*lacking)))
    for item, groups in needed.items():
        if groups in lacking:
            item.add_marker(skip)


def explain_missing(groups: frozenset[str]) -> str:
    """Says what is missing for Windows executables with some package groups, and the remedy.

    Returns:
        An empty text if nothing is missing.
    """
    if sys.platform != "linux":
        return "executables for Windows are built and run on Linux, under Wine"
    if compilers.find_zig() is None:
        return "no Zig here, which compiles for Windows: pip install ziglang"
    missing = prepare.find_missing(user_toolchain(), tuple(groups))
    if not missing:
        return ""
    runtimes = [f"--runtime {name}" for name in RUNTIMES if name in groups]
    command = " ".join(["tf2exe toolchain windows", *runtimes])
    return f"the toolchain for Windows lacks {', '.join(missing)}: run `{command}`"
