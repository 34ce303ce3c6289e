"""Sees whether an executable looks at anything of the Python that it was compared with."""

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

if TYPE_CHECKING:
    from tf2exe.config.application import Sample
    from tf2exe.verify.sides import Judge

OPENED = re.compile(r"(?:openat2?|open)(?:\(| resumed>).* = \d+<(/.*)>$")
RUN = re.compile(r"execve(?:at)?\((?:[^\"]*, )?\"(/.*?)\".* = 0$")
CODE = (".py", ".pyc", ".so", ".pyd")


@dataclass(frozen=True)
class Witness:
    """What was seen.

    Attributes:
        opened: how many files the executable opened or ran; 0: nobody watched.
        found: those of Python, of its packages, or of the application's source.
        why_not: why nobody watched; empty: somebody did.
    """

    opened: int = 0
    found: tuple[str, ...] = ()
    why_not: str = ""


def watch(judge: Judge, sample: Sample) -> Witness:
    """Runs a sample in the executable under `strace`, if there is one."""
    strace = shutil.which("strace") if sys.platform == "linux" else None
    if strace is None:
        return Witness(why_not="there is no strace")
    log = judge.base / "opened.log"
    calls = "trace=?open,openat,?openat2,execve,execveat"
    command = [strace, "-f", "-qq", "-y", "-s", "4096", "-e", calls, "-e", "signal=none", "-o", str(log)]
    try:
        folder = judge.base / "watched"
        runner.run_sample(sample, [*command, "--", str(judge.program)], folder=folder, env=judge.environment)
    except SampleError as error:
        return Witness(why_not=str(error))
    opened = files_in(log.read_text(encoding="utf-8", errors="surrogateescape") if log.is_file() else "")
    if not opened:
        return Witness(why_not="strace saw nothing; it may not be allowed here")
    return Witness(len(opened), tuple(sorted(file for file in opened if is_pythons(file, judge))))


def files_in(log: str) -> set[str]:
    """The files that were opened or run, by the lines of `strace -y`."""
    found = (OPENED.search(line) or RUN.search(line) for line in log.splitlines())
    return {match[1] for match in found if match}


def is_pythons(file: str, judge: Judge) -> bool:
    """Whether a file belongs to Python, its packages, or the application's source."""
    path = Path(file)
    if path.is_relative_to(judge.base.resolve()):
        return False
    homes = {
        Path(sysconfig.get_path(key)).resolve() for key in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    roots = [root.resolve() for root in judge.application.roots]
    return (
        path == Path(sys.executable).resolve()
        or path.name.startswith("libpython")
        or any(path.is_relative_to(home) for home in homes)
        or (path.suffix in CODE and any(path.is_relative_to(root) for root in roots))
    )
