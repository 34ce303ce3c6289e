"""The machine of the measurements."""

from __future__ import annotations

import os
import platform

import psutil

from tf2exe.comparison.comparison_json import Machine
from tf2exe.system.host import wine_version


def describe_machine() -> Machine:
    """Processors, memory and system of this machine, and the version of Wine if the programs run in it."""
    return Machine(
        processors=os.cpu_count(),
        processor=_processor(),
        memory=psutil.virtual_memory().total,
        system=" ".join(filter(None, [platform.system(), _release(), *platform.libc_ver()])),
        wine=wine_version(),
        python=platform.python_version(),
    )


def _release() -> str:
    """The version of the kernel without suffixes of a distributor or a host."""
    return platform.release().partition("-")[0]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - not one of our files
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
