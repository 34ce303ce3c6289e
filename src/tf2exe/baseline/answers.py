"""Does the baseline answer like Python? The checks are those of tf2exe's own executables."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import golden, knowledge, parity
from tf2exe.knowledge import Volatile
from tf2exe.parity import Places
from tf2exe.verify import bare_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.application import Application, Sample
    from tf2exe.golden import Answer
    from tf2exe.parity import Comparison
    from tf2exe.plan import BuildPlan

FRAME = re.compile(rb'File "([^"/\\<][^"]*\.py)", line ')
"""PyInstaller's frames name a module's file relative to the folder that it was found in."""


def check(
    application: Application,
    plan: BuildPlan,
    recorded: tuple[Answer, ...],
    program: Path,
    folder: Path,
    *,
    on_step: Callable[[str], None],
) -> tuple[Comparison, ...]:
    """Runs every sample in Python and in the baseline, in clean folders with a bare environment.

    Args:
        application: what was built.
        plan: its modules and packages.
        recorded: what Python answered while it was traced, one for each sample.
        program: PyInstaller's executable.
        folder: an empty one for the runs.
        on_step: hears what runs now.
    """
    (folder / "empty").mkdir(parents=True)
    (folder / "tmp").mkdir()
    env = {**bare_environment(folder), "TMPDIR": str(folder / "tmp")}
    judge = Judge(application, plan, program)
    comparisons = []
    for number, sample in enumerate(application.samples):
        on_step(f"sample {number + 1} of {len(application.samples)}: {sample.name}")
        pure = judge.run_python(sample, folder / f"python-{number}")
        ours = golden.run(sample, [str(program)], folder=folder / f"baseline-{number}", env=env)
        (folder / f"baseline-{number}.stderr").write_bytes(ours.stderr)
        comparisons.append(judge.judge(sample, [pure, recorded[number]], ours, folder / f"again-{number}"))
    return tuple(comparisons)


class Judge:
    """Compares answers of a PyInstaller program with those of Python."""

    def __init__(self, application: Application, plan: BuildPlan, program: Path) -> None:
        self.application, self.plan, self.program = application, plan, program
        masks = application.settings.verify.mask
        own = [Volatile(f"mask '{m}'", m, "<masked>", "the application's settings") for m in masks]
        self.rules = [*own, *knowledge.volatiles()]

    def run_python(self, sample: Sample, folder: Path) -> Answer:
        """Runs a sample as its user would."""
        stub = folder.parent / f"{self.application.name}.py"
        command = golden.python_command(self.application, stub)
        return golden.run(sample, command, folder=folder, env=golden.python_environment(self.application))

    def judge(self, sample: Sample, python: list[Answer], ours: Answer, again: Path) -> Comparison:
        """The verdict on one sample."""
        return parity.compare(
            python,
            ours,
            places=self.places,
            rules=self.rules,
            run_again=lambda: self.run_python(sample, again),
        )

    def places(self, answer: Answer, executable: bool) -> Places:  # noqa: FBT001 - the shape parity asks for
        """The program's own folders and names, on either side."""
        entry = self.application.entry
        modules = [fate.module for fate in self.plan.fates]
        files = {
            m.name: m.name.replace(".", "/") + ("/__init__.py" if m.is_package else ".py") for m in modules
        }
        sourceless = [
            "<program>" if name == "__main__" else f"<application>/{f}" for name, f in files.items()
        ]
        own: list[tuple[str, str]]
        if executable:
            own = [(str(self.program), "<program>")]
            own += [(root, "<application>") for root in self._roots(answer)]
            own += self._frames(answer, set(files.values()))
        else:
            own = [(sys.executable, "<program>"), (sysconfig.get_path("stdlib"), "<python>")]
            own += [(str(c.base), "<packages>") for c in self.plan.distributions]
            own += [(str(root), "<application>") for root in self.application.roots]
            own += [(str(entry.source), "<program>")] if entry.source else []
        names = [self.program.name, Path(entry.target).name, f"python -m {entry.target}"]
        names += [f"{self.application.name}.py", self.application.name, "__main__.py"]
        return Places((*own, (str(answer.folder), "<folder>")), tuple(names), tuple(sourceless))

    def _roots(self, answer: Answer) -> list[str]:
        """Beside the executable, or the temporary folder of this one start."""
        inside = self.program.parent / "_internal"
        if inside.is_dir():
            return [str(inside)]
        unpacked = re.escape(os.fsencode(answer.folder.parent / "tmp")) + rb"[/\\]_MEI\w+"
        found = set(re.findall(unpacked, answer.stdout + answer.stderr))
        return [os.fsdecode(path) for path in sorted(found)]

    def _frames(self, answer: Answer, own: set[str]) -> list[tuple[str, str]]:
        """Frames of tracebacks with the common names of their files."""
        pairs = []
        entry = self.application.entry
        main = Path(entry.source).name if entry.kind == "script" and entry.source else ""
        for file in {os.fsdecode(name) for name in FRAME.findall(answer.stdout + answer.stderr)}:
            folder = "<application>" if file in own else "<packages>"
            if folder == "<packages>" and (Path(sysconfig.get_path("stdlib")) / file).is_file():
                folder = "<python>"
            common = "<program>" if file == main else f"{folder}/{file}"
            pairs.append((f'File "{file}", line ', f'File "{common}", line '))
        return pairs
