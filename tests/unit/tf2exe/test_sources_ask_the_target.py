"""The builder asks `config.target` what it builds for, and `system.host` what it runs on."""

from __future__ import annotations

import re
from pathlib import Path

import tf2exe

SOURCES = Path(tf2exe.__file__).parent
ALLOWED = (
    "system/",
    "cross/",
    "config/target.py",
    # These run in the executable or in the traced program, which do not import the builder.
    "launchers/",
    "trace/tracer/",
    "comparison/probe.py",
    "import_spec/child/",
)
PLATFORM = re.compile(r"\bsys\.platform\b|\bos\.name\b")


def test_only_the_host_and_the_target_ask_for_the_platform() -> None:
    found = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if PLATFORM.search(path.read_text(encoding="utf-8"))
    }
    assert "system/host.py" in found
    assert {file for file in found if not file.startswith(ALLOWED)} == set()
