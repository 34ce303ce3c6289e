"""Compares the output of the baseline with Python, by the rules for executables of tf2exe."""

from __future__ import annotations

import os
import re
import sysconfig
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.system.progress import Step
from tf2exe.verify.isolation import bare_environment, temporary_files
from tf2exe.verify.normalize import Places
from tf2exe.verify.sides import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.compare import Comparison

FRAME = re.compile(rb'File "(?![A-Za-z]:)([^"/\\<][^"]*\.py)", line ')
"""A traceback of PyInstaller names the file of a module relative to the folder where it was found."""


def check(
    application: Application,
    modules: Iterable[Module],
    recorded: tuple[RunResult, ...],
    program: Path,
    folder: Path,
    *,
    on_step: Callable[[Step], None],
) -> tuple[Comparison, ...]:
    """Runs every sample in Python and in the baseline, in empty folders with a minimal environment.

    Args:
        application: the application that was built.
        modules: its own modules.
        recorded: the results in Python during tracing, one for each sample.
        program: the executable from PyInstaller.
        folder: an empty folder for the runs.
        on_step: called before each sample.

    Returns:
        One comparison for each sample.
    """
    judge = BaselineJudge(application, modules, program, folder)
    comparisons = []
    for number, sample in enumerate(application.samples):
        on_step(Step("executable", sample.name, number + 1, len(application.samples)))
        pure = judge.run_python(sample, folder / f"python-{number}")
        ours = judge.run_executable(sample, folder / f"baseline-{number}")
        (folder / f"baseline-{number}.stderr").write_bytes(ours.stderr)
        again = partial(judge.run_python, sample, folder / f"again-{number}")
        comparisons.append(judge.compare([pure, recorded[number]], ours, again))
    return tuple(comparisons)


class BaselineJudge(Judge):
    """Compares an executable from PyInstaller: knows where its files are and how tracebacks name them."""

    def __init__(
        self, application: Application, modules: Iterable[Module], program: Path, folder: Path
    ) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        # A onefile from PyInstaller unpacks there.
        environment = {**bare_environment(folder), **temporary_files(self.temporary)}
        super().__init__(application, program, folder, environment)
        self.files = {
            m.name: m.name.replace(".", "/") + ("/__init__.py" if m.is_package else ".py") for m in modules
        }

    def places(self, answer: RunResult, executable: bool) -> Places:  # noqa: FBT001 - the signature of parity
        """Folders and names of the program. Its modules are bundled without source, like compiled ones."""
        usual = super().places(answer, executable)
        sourceless = tuple(
            "<program>" if name == "__main__" else f"<application>/{file}"
            for name, file in self.files.items()
        )
        if not executable:
            return Places(usual.paths, usual.names, sourceless)
        own = [(str(self.program), "<program>"), (str(answer.folder), "<folder>")]
        own += [(root, "<application>") for root in self._roots(answer)]
        return Places((*own, *self._frames(answer)), usual.names, sourceless)

    def _roots(self, answer: RunResult) -> list[str]:
        """The folder beside the executable, or the temporary folders that it unpacked to."""
        inside = self.program.parent / "_internal"
        if inside.is_dir():
            return [str(inside)]
        unpacked = re.escape(os.fsencode(self.temporary)) + rb"[/\\]_MEI\w+"
        found = set(re.findall(unpacked, answer.stdout + answer.stderr))
        return [os.fsdecode(path) for path in sorted(found)]

    def _frames(self, answer: RunResult) -> list[tuple[str, str]]:
        """The lines of tracebacks, with the names of their files that Python and the executable share."""
        pairs = []
        entry = self.application.entry
        main = Path(entry.source).name if entry.kind == "script" and entry.source else ""
        own = set(self.files.values())
        for name in {os.fsdecode(name) for name in FRAME.findall(answer.stdout + answer.stderr)}:
            file = name.replace(os.sep, "/")
            folder = "<application>" if file in own else "<packages>"
            if folder == "<packages>" and (Path(sysconfig.get_path("stdlib")) / file).is_file():
                folder = "<python>"
            common = "<program>" if file == main else f"{folder}{os.sep}{name}"
            pairs.append((f'File "{name}", line ', f'File "{common}", line '))
        return pairs
