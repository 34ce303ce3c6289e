"""How much memory this process has taken at most."""

from __future__ import annotations

import re
from pathlib import Path


def peak() -> int:
    """In megabytes. `resource.getrusage` would begin with the peak of the process that started this one."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) // 1024
