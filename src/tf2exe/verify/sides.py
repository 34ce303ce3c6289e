"""Knows how both sides of a comparison are started, and where each has its files."""

from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import knowledge
from tf2exe.config import build_info
from tf2exe.knowledge import Volatile
from tf2exe.samples import runner
from tf2exe.system.cancellation import CancellationToken
from tf2exe.verify import compare
from tf2exe.verify.normalize import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tf2exe.config.application import Application, Sample
    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.compare import Comparison


class Judge:
    """Runs both sides and compares what they answered.

    Args:
        application: what the executable was made from.
        program: the executable, in its clean place.
        base: the folder for working folders; the executable's cache lies in it, too.
        environment: the executable's.

    Attributes:
        cancellation: ends the samples that run, from another thread.
    """

    def __init__(
        self, application: Application, program: Path, base: Path, environment: Mapping[str, str]
    ) -> None:
        self.application, self.program, self.base = application, program, base
        self.environment = dict(environment)
        self.cancellation = CancellationToken()
        settings = application.settings.verify
        own = [Volatile(f"mask '{m}'", m, "<masked>", "the application's settings") for m in settings.mask]
        self.rules = [*own, *knowledge.volatiles()]
        self.command = runner.python_command(application, base / f"{application.name}.py")
        self._bases = {str(d.locate_file("")).rstrip("/\\") for d in metadata.distributions()}

    def run_python(self, sample: Sample, folder: Path) -> RunResult:
        """Runs a sample in Python."""
        env = runner.python_environment(self.application)
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
        """Judges one sample, by one or more runs in Python."""
        return compare.compare(
            python,
            ours,
            places=self.places,
            rules=self.rules,
            run_again=run_again,
            ignored=self.application.settings.verify.ignore_files,
        )

    def places(self, answer: RunResult, executable: bool) -> Places:  # noqa: FBT001 - the shape parity asks for
        """The program's own folders and names, on either side."""
        root = self.root()
        own = self._places_of_executable(root) if executable else self._places_of_python()
        entry = self.application.entry
        names = [self.program.name, Path(entry.target).name, f"python -m {entry.target}"]
        names += [f"{self.application.name}.py", self.application.name, "__main__.py"]
        return Places((*own, (str(answer.folder), "<folder>")), tuple(names), _sourceless(root))

    def _places_of_executable(self, root: Path) -> list[tuple[str, str]]:
        source = self.application.entry.source
        return [
            (f"{root}/__main__.py", "<program>"),
            (str(self.program), "<program>"),
            *([(f"{root}/{source.name}", "<program>")] if source else []),
            (f"{root}/lib/packages", "<packages>"),
            (f"{root}/lib/python", "<python>"),
            (str(root), "<application>"),
        ]

    def _places_of_python(self) -> list[tuple[str, str]]:
        roots = [str(root) for root in self.application.roots]
        source = self.application.entry.source
        conversion = self.application.conversion
        return [
            (sys.executable, "<program>"),
            *([(str(conversion.folder), "<application>")] if conversion else []),
            (sysconfig.get_path("stdlib"), "<python>"),
            *((root, "<application>") for root in roots),
            *((base, "<packages>") for base in sorted(self._bases - set(roots))),
            *([(str(source), "<program>")] if source else []),
        ]

    def root(self) -> Path:
        """Where the executable's files are: beside it, or in the cache folder that it unpacked to."""
        if (self.program.parent / "lib").is_dir():
            return self.program.parent
        cache = self.base / "cache"
        return min((path.parent.parent for path in cache.glob("*/*/lib/tf2exe")), default=cache)


def _sourceless(root: Path) -> tuple[str, ...]:
    """The modules of the executable whose source does not travel, by their common names."""
    info = build_info.find(root)
    return info.sourceless if info else ()  # what tf2exe did not make is compared all the same
