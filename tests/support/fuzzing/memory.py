"""The peak memory of this process."""

from __future__ import annotations

import re
from pathlib import Path


def peak() -> int:
    """Peak memory in megabytes. `resource.getrusage` would start with the peak of the parent process."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) // 1024
