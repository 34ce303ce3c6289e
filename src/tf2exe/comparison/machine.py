"""What a comparison was measured on."""

from __future__ import annotations

import os
import platform
from typing import Any

import psutil

from tf2exe.system.host import wine_version


def machine() -> dict[str, Any]:
    """Processors, memory, system; with the version of Wine where that runs the programs, else empty."""
    return {
        "processors": os.cpu_count(),
        "processor": _processor(),
        "memory": psutil.virtual_memory().total,
        "system": " ".join(filter(None, [platform.system(), _release(), *platform.libc_ver()])),
        "wine": wine_version(),
        "python": platform.python_version(),
    }


def _release() -> str:
    """Without what a distributor or a host has put behind it."""
    return platform.release().partition("-")[0]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - no file of ours
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
