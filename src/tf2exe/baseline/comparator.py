"""Compares the output of the baseline with Python, by the rules for executables of tf2exe."""

from __future__ import annotations

import os
import re
import sysconfig
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.system.progress import Step
from tf2exe.verify.isolation import minimal_environment, temporary_folder_variables
from tf2exe.verify.normalize import Substitutions
from tf2exe.verify.sides import Comparator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.compare import Comparison

FRAME = re.compile(rb'File "(?![A-Za-z]:)([^"/\\<][^"]*\.py)", line ')
"""A traceback of PyInstaller names the file of a module relative to the folder where it was found."""


def compare_samples(
    application: Application,
    modules: Iterable[Module],
    traced: tuple[RunResult, ...],
    program: Path,
    folder: Path,
    *,
    models: Path | None,
    on_step: Callable[[Step], None],
) -> tuple[Comparison, ...]:
    """Runs every sample in Python and in the baseline, in empty folders with a minimal environment.

    Args:
        application: the application that was built.
        modules: its own modules.
        traced: the results of the traced runs in Python, one for each sample.
        program: the executable from PyInstaller.
        folder: an empty folder for the runs.
        models: the folder of converted models; None: the application's own.
        on_step: called before each sample.

    Returns:
        One comparison for each sample.
    """
    comparator = BaselineComparator(application, modules, program, folder, models)
    comparisons = []
    for number, sample in enumerate(application.samples):
        on_step(Step("executable", sample.name, number + 1, len(application.samples)))
        python = comparator.run_python(sample, folder / f"python-{number}")
        executable = comparator.run_executable(sample, folder / f"baseline-{number}")
        (folder / f"baseline-{number}.stderr").write_bytes(executable.stderr)
        run_again = partial(comparator.run_python, sample, folder / f"again-{number}")
        comparisons.append(comparator.compare([python, traced[number]], executable, run_again))
    return tuple(comparisons)


class BaselineComparator(Comparator):
    """Compares an executable from PyInstaller, whose files and tracebacks differ from those of tf2exe."""

    def __init__(
        self,
        application: Application,
        modules: Iterable[Module],
        program: Path,
        folder: Path,
        models: Path | None,
    ) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        # A onefile from PyInstaller unpacks to the temporary folder.
        environment = {**minimal_environment(folder), **temporary_folder_variables(self.temporary)}
        super().__init__(application, program, folder, environment, models)
        self.files = {
            m.name: m.name.replace(".", "/") + ("/__init__.py" if m.is_package else ".py") for m in modules
        }

    def python_substitutions(self, result: RunResult) -> Substitutions:
        """Substitutions in Python's output. Source lines are ignored: the executable has none."""
        return replace(super().python_substitutions(result), sourceless=self._module_files())

    def executable_substitutions(self, result: RunResult) -> Substitutions:
        """Substitutions in the executable's output, with the names of files in its tracebacks."""
        paths = [(str(self.program), "<program>"), (str(result.folder), "<folder>")]
        paths += [(root, "<application>") for root in self._roots(result)]
        paths += self._traceback_lines(result)
        return Substitutions(tuple(paths), self.program_names(), self._module_files())

    def _module_files(self) -> tuple[str, ...]:
        return tuple(
            "<program>" if name == "__main__" else f"<application>/{file}"
            for name, file in self.files.items()
        )

    def _roots(self, result: RunResult) -> list[str]:
        """The folder next to the executable, or the temporary folders that it unpacked to."""
        inside = self.program.parent / "_internal"
        if inside.is_dir():
            return [str(inside)]
        unpacked = re.escape(os.fsencode(self.temporary)) + rb"[/\\]_MEI\w+"
        found = set(re.findall(unpacked, result.stdout + result.stderr))
        return [os.fsdecode(path) for path in sorted(found)]

    def _traceback_lines(self, result: RunResult) -> list[tuple[str, str]]:
        """Lines of tracebacks, each with the line that is the same in Python and in the executable."""
        substitutions = []
        entry = self.application.entry
        main = Path(entry.source).name if entry.kind == "script" and entry.source else ""
        own_files = set(self.files.values())
        for name in {os.fsdecode(name) for name in FRAME.findall(result.stdout + result.stderr)}:
            file = name.replace(os.sep, "/")
            folder = "<application>" if file in own_files else "<packages>"
            if folder == "<packages>" and (Path(sysconfig.get_path("stdlib")) / file).is_file():
                folder = "<python>"
            common = "<program>" if file == main else f"{folder}{os.sep}{name}"
            substitutions.append((f'File "{name}", line ', f'File "{common}", line '))
        return substitutions
