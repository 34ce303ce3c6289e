"""Runs a sample on both sides, Python and the executable, and compares the results."""

from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.config import build_info
from tf2exe.knowledge.volatile_rules import VolatileRule, read_volatile_rules
from tf2exe.samples import runner
from tf2exe.system.cancellation import CancellationToken
from tf2exe.verify.compare import Substituted, compare_results
from tf2exe.verify.normalize import Substitutions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tf2exe.config.application import Application, Sample
    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.compare import Comparison


class Comparator:
    """Runs samples on both sides and compares the results.

    Args:
        application: the application that the executable was built from.
        program: the executable, in a folder of its own.
        base: the folder for working folders and for the executable's cache.
        environment: the executable's.
        models: the folder of converted models, for Python; None: the application's own.

    Attributes:
        cancellation: ends the running samples, from another thread.
    """

    def __init__(
        self,
        application: Application,
        program: Path,
        base: Path,
        environment: Mapping[str, str],
        models: Path | None = None,
    ) -> None:
        self.application, self.program, self.base = application, program, base
        self.models = models
        self.environment = dict(environment)
        self.cancellation = CancellationToken()
        settings = application.settings.verify
        own = [
            VolatileRule(f"mask '{m}'", m, "<masked>", "the application's settings") for m in settings.mask
        ]
        self.rules = [*own, *read_volatile_rules()]
        self.command = runner.python_command(application, base / f"{application.name}.py")
        self._bases = {str(d.locate_file("")).rstrip("/\\") for d in metadata.distributions()}

    def run_python(self, sample: Sample, folder: Path) -> RunResult:
        """Runs a sample in Python."""
        env = runner.python_environment(self.application, models=self.models)
        return runner.run_sample(sample, self.command, folder=folder, env=env, cancellation=self.cancellation)

    def run_executable(self, sample: Sample, folder: Path) -> RunResult:
        """Runs a sample in the executable."""
        command = [str(self.program)]
        return runner.run_sample(
            sample, command, folder=folder, env=self.environment, cancellation=self.cancellation
        )

    def compare(
        self, python: list[RunResult], ours: RunResult, run_again: Callable[[], RunResult]
    ) -> Comparison:
        """Compares one sample with one or more runs in Python."""
        return compare_results(
            python,
            ours,
            substituted=Substituted(self.python_substitutions, self.executable_substitutions),
            rules=self.rules,
            run_again=run_again,
            ignored=self.application.settings.verify.ignore_files,
        )

    def python_substitutions(self, result: RunResult) -> Substitutions:
        """Paths and names of the program in Python."""
        paths = (*self._python_paths(), (str(result.folder), "<folder>"))
        return Substitutions(paths, self.program_names(), self._sourceless())

    def executable_substitutions(self, result: RunResult) -> Substitutions:
        """Paths and names of the program in the executable."""
        paths = (*self._executable_paths(), (str(result.folder), "<folder>"))
        return Substitutions(paths, self.program_names(), self._sourceless())

    def program_names(self) -> tuple[str, ...]:
        """The names of the program in usage lines, on either side."""
        target, name = self.application.entry.target, self.application.name
        in_python = (Path(target).name, f"python -m {target}", f"{name}.py", name, "__main__.py")
        return (self.program.name, *in_python)

    def _executable_paths(self) -> list[tuple[str, str]]:
        root, source = self.root(), self.application.entry.source
        return [
            (f"{root}/__main__.py", "<program>"),
            (str(self.program), "<program>"),
            *([(f"{root}/{source.name}", "<program>")] if source else []),
            (f"{root}/lib/packages", "<packages>"),
            (f"{root}/lib/python", "<python>"),
            (str(root), "<application>"),
        ]

    def _python_paths(self) -> list[tuple[str, str]]:
        roots = [str(root) for root in self.application.roots]
        source = self.application.entry.source
        return [
            (sys.executable, "<program>"),
            *([(str(self.models), "<application>")] if self.models else []),
            (sysconfig.get_path("stdlib"), "<python>"),
            *((root, "<application>") for root in roots),
            *((base, "<packages>") for base in sorted(self._bases - set(roots))),
            *([(str(source), "<program>")] if source else []),
        ]

    def root(self) -> Path:
        """The folder of the executable's files: its own, or the cache folder that it unpacked to."""
        if (self.program.parent / "lib").is_dir():
            return self.program.parent
        cache = self.base / "cache"
        return min((path.parent.parent for path in cache.glob("*/*/lib/tf2exe")), default=cache)

    def _sourceless(self) -> tuple[str, ...]:
        """Common names of the modules whose source is not bundled."""
        info = build_info.find(self.root())
        return info.sourceless if info else ()  # an executable of another tool has no build info
