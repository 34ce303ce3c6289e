"""Runs a `.spec` in a child process, in a copy of its project."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from tf2exe.errors import ConfigurationError
from tf2exe.import_spec.recording import Note, Recording
from tf2exe.system import host
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from collections.abc import Sequence

TIME_LIMIT: Final = 120.0
"""Seconds that a spec file may run. Nothing is built, but it may start programs."""
COPIED: Final = 1 << 16
"""Bytes of a file that is copied. A larger one is linked."""
MARKS: Final = (".git", "pyproject.toml", "setup.py", "setup.cfg")
ABOVE: Final = 3
"""What marks the folder of a project, and how far above a spec file it may be."""
MOST: Final = 100_000
BESIDE: Final = 10_000
"""How many files a project may have, and how many beside it are visible to a spec file."""
REMEDY: Final = "check that `pyinstaller` accepts it; its own arguments go after --"
AFTER_BUILD: Final = "nothing is built here, so the steps after the build are not converted"


@dataclass(frozen=True)
class Ran:
    """A spec file that was run.

    Attributes:
        spec: the file.
        project: the folder that was copied for it.
        recording: what it describes.
        printed: what it printed.
    """

    spec: Path
    project: Path
    recording: Recording
    printed: str


def run(spec: Path, arguments: Sequence[str] = ()) -> Ran:
    """Runs a spec file as PyInstaller does, with stand-ins that build nothing.

    Args:
        spec: the file.
        arguments: what it finds in `sys.argv`.

    Raises:
        ConfigurationError: it does not exist, fails, does not end within the time limit, or is in a project
            that is too large to be copied.
    """
    spec = spec.parent.resolve() / spec.name
    if not spec.is_file():
        raise ConfigurationError(f"cannot read {spec}", "it is not a file", "give a .spec of PyInstaller")
    project, current = _project(spec.parent), Path.cwd()
    current = current if current.is_relative_to(project) else spec.parent
    with tempfile.TemporaryDirectory(prefix="tf2exe-spec-") as temporary:
        result, copy = Path(temporary).resolve() / "result.json", Path(temporary).resolve() / "copy"
        _copy_project(project, copy)
        start, copied = (copy / path.relative_to(project.parent) for path in (current, spec))
        words = [str(result), str(spec.parent), str(copied), *arguments]
        printed = _start(spec, words, start, temporary)
        if not result.is_file():
            raise _failed(spec, f"its process ended early: {(printed.splitlines() or ['no message'])[-1]}")
        text = result.read_text(encoding="utf-8")
    here, there = (json.dumps(str(path))[1:-1].rstrip("/\\") for path in (copy, project.parent))
    try:
        recording = TypeAdapter(Recording).validate_python(json.loads(text.replace(here, there)))
    except ValidationError as error:
        raise _failed(
            spec, f"a table of contents has an invalid entry: {error.errors()[0]['input']!r}"
        ) from error
    if recording.problem:
        line, what = recording.problem
        if not (recording.of("COLLECT") or any(call.is_onefile for call in recording.calls)):
            raise _failed(spec, f"line {line}: {what}")
        recording.notes.append(Note(line, what, AFTER_BUILD))
    return Ran(spec, project, recording, printed.replace(str(copy), str(project.parent).rstrip("/\\")))


def _failed(spec: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"cannot convert {spec.name}", why, REMEDY)


def _start(spec: Path, arguments: Sequence[str], current: Path, temporary: str) -> str:
    """Starts the child process; returns what it printed."""
    command = [sys.executable, "-P", "-m", "tf2exe.import_spec.child", *arguments]
    folders = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
    env = os.environ | folders | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:replace"}
    try:
        done = run_captured(
            command, cwd=current, env=env, error=ConfigurationError, timeout=TIME_LIMIT, contained=True
        )
    except ConfigurationError as error:
        what = error.what.removeprefix(shlex.join(command)).strip()
        raise _failed(spec, error.why if what == "did not end" else f"it {what}") from error
    return (done.stdout + done.stderr).decode("utf-8", "replace").replace("\r\n", "\n")


def _project(folder: Path) -> Path:
    """The project around a spec file, or the folder above it in which PyInstaller would be started."""
    around, current = [folder, *folder.parents[:ABOVE]], Path.cwd()
    marked = next((path for path in around if any((path / mark).exists() for mark in MARKS)), folder)
    is_started_above = current in around and marked.is_relative_to(current) and current.parent != current
    return current if is_started_above else marked


def _copy_project(project: Path, copy: Path) -> None:
    """Copies a project, beside links to what is beside the original.

    Small files are copied; what is large, hidden, installed or not readable is linked.

    Raises:
        ConfigurationError: it has too many files.
    """
    copy.mkdir()
    for entry in islice(project.parent.iterdir(), BESIDE) if os.access(project.parent, os.R_OK) else ():
        if entry != project:
            _link(entry, copy / entry.name)
    waiting, count = [project], 0
    while waiting:
        folder = waiting.pop()
        (copy / folder.relative_to(project.parent)).mkdir()
        for entry in folder.iterdir():
            place = copy / entry.relative_to(project.parent)
            is_own = not entry.is_symlink() and os.access(entry, os.R_OK) and not copy.is_relative_to(entry)
            if is_own and entry.is_file() and entry.stat().st_size <= COPIED:
                shutil.copy2(entry, place)
            elif is_own and entry.is_dir() and not _is_linked(entry):
                waiting.append(entry)
            else:
                _link(entry, place)
            count += 1
        if count > MOST:
            remedy = "start the command in the spec file's folder, or move large data elsewhere"
            raise ConfigurationError(f"cannot copy {project}", f"it has more than {MOST:,} files", remedy)


def _is_linked(folder: Path) -> bool:
    """Whether a folder is hidden or holds installed packages: a spec file has no reason to write there."""
    installed = folder.name == "node_modules" or (folder / "pyvenv.cfg").exists()
    return installed or folder.name.startswith(".")


def _link(original: Path, link: Path) -> None:
    try:
        link.symlink_to(original, target_is_directory=original.is_dir())
    except OSError:  # Windows lets only some users make symbolic links
        if original.is_file():
            os.link(original, link)
        else:
            host.make_junction(original, link)
