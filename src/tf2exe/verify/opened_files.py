"""Checks with strace that an executable opens no file of the Python that it is compared with."""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import SampleError
from tf2exe.samples import runner
from tf2exe.system import host

if TYPE_CHECKING:
    from tf2exe.config.application import Sample
    from tf2exe.verify.sides import Comparator

OPENED = re.compile(r"(?:openat2?|open)(?:\(| resumed>).* = \d+<(/.*)>$")
RUN = re.compile(r"execve(?:at)?\((?:[^\"]*, )?\"(/.*?)\".* = 0$")
CODE = (".py", ".pyc", ".so", ".pyd")


@dataclass(frozen=True)
class OpenedFiles:
    """The result of the check.

    Attributes:
        opened: how many files the executable opened or ran; 0: they were not recorded.
        found: those of Python, of its packages, or of the application's source.
        why_not: why the check was not possible; empty: it was.
    """

    opened: int = 0
    found: tuple[str, ...] = ()
    why_not: str = ""


def check_opened_files(comparator: Comparator, sample: Sample) -> OpenedFiles:
    """Runs a sample in the executable under `strace`, if it is installed."""
    strace = shutil.which("strace") if host.IS_LINUX else None
    if strace is None:
        return OpenedFiles(why_not="there is no strace")
    log = comparator.base / "opened.log"
    calls = "trace=?open,openat,?openat2,execve,execveat"
    command = [strace, "-f", "-qq", "-y", "-s", "4096", "-e", calls, "-e", "signal=none", "-o", str(log)]
    command += ["--", str(comparator.program)]
    try:
        runner.run_sample(sample, command, folder=comparator.base / "watched", env=comparator.environment)
    except SampleError as error:
        return OpenedFiles(why_not=str(error))
    opened = parse_strace(log.read_text(encoding="utf-8", errors="surrogateescape") if log.is_file() else "")
    if not opened:
        return OpenedFiles(why_not="strace saw nothing; it may not be allowed here")
    return OpenedFiles(
        len(opened), tuple(sorted(file for file in opened if belongs_to_python(file, comparator)))
    )


def parse_strace(log: str) -> set[str]:
    """The files that were opened or run, from the output of `strace -y`."""
    found = (OPENED.search(line) or RUN.search(line) for line in log.splitlines())
    return {match[1] for match in found if match}


def belongs_to_python(file: str, comparator: Comparator) -> bool:
    """Whether a file belongs to Python, its packages, or the application's source."""
    path = Path(file)
    if path.is_relative_to(comparator.base.resolve()):
        return False
    homes = {
        Path(sysconfig.get_path(key)).resolve() for key in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    roots = [root.resolve() for root in comparator.application.roots]
    return (
        path == Path(sys.executable).resolve()
        or path.name.startswith("libpython")
        or any(path.is_relative_to(home) for home in homes)
        or (path.suffix in CODE and any(path.is_relative_to(root) for root in roots))
    )
