"""Stage *verify*: does the output of the executable match Python?"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tf2exe.errors import ParityError
from tf2exe.samples import runner
from tf2exe.system.progress import Step
from tf2exe.verify.isolation import copy_executable, minimal_environment
from tf2exe.verify.sides import Comparator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.package.stage import Package
    from tf2exe.samples.runner import RunResult
    from tf2exe.trace.footprint import Footprint
    from tf2exe.verify.compare import Comparison


@dataclass(frozen=True)
class Parity:
    """The comparison of all samples.

    Attributes:
        comparisons: one for each sample.
        results: the results of the executable, one for each sample.
        python_seconds: whole-process time of each sample in Python.
        executable_seconds: the same for the executable; in mode onefile the first run unpacks.
    """

    comparisons: tuple[Comparison, ...]
    results: tuple[RunResult, ...]
    python_seconds: tuple[float, ...]
    executable_seconds: tuple[float, ...]

    @property
    def same(self) -> bool:
        """Whether all samples match."""
        return all(comparison.same for comparison in self.comparisons)


def verify(
    application: Application,
    footprint: Footprint,
    package: Package,
    *,
    models: Path | None = None,
    log: Path,
    on_step: Callable[[Step], None],
) -> Parity:
    """Runs every sample in Python and in the executable, in an empty folder with a minimal environment.

    Args:
        application: the application.
        footprint: has the results of the traced runs.
        package: the executable.
        models: the folder of converted models, for Python; None: the application's own.
        log: for the output of the executable if it differs.
        on_step: called before each run.

    Raises:
        ParityError: a result differs.
        SampleError: a sample fails in Python.
    """
    base = application.build / "verify"
    shutil.rmtree(base, ignore_errors=True)
    program = copy_executable(package.path, base / "clean", application.program)
    comparator = Comparator(application, program, base, minimal_environment(base), models)
    comparisons, results, python_seconds = [], [], []
    count = len(application.samples)
    for number, sample in enumerate(application.samples):
        on_step(Step("python", sample.name, number + 1, count))
        python = comparator.run_python(sample, base / f"python-{number}")
        runner.raise_if_crashed(python, log)
        on_step(Step("executable", sample.name, number + 1, count))
        ours = comparator.run_executable(sample, base / f"executable-{number}")
        run_again = partial(comparator.run_python, sample, base / f"again-{number}")
        comparisons.append(comparator.compare([python, footprint.results[number]], ours, run_again))
        results.append(ours)
        python_seconds.append(python.seconds)
    parity = Parity(
        tuple(comparisons), tuple(results), tuple(python_seconds), tuple(result.seconds for result in results)
    )
    _save_outputs(parity, base)
    shutil.rmtree(base / "clean", ignore_errors=True)
    shutil.rmtree(base / "cache", ignore_errors=True)
    raise_on_difference(parity, log)
    return parity


def _save_outputs(parity: Parity, base: Path) -> None:
    """Keeps the executable's output in the build folder, to examine a difference."""
    for number, result in enumerate(parity.results):
        (base / f"executable-{number}.stdout").write_bytes(result.stdout)
        (base / f"executable-{number}.stderr").write_bytes(result.stderr)


def raise_on_difference(parity: Parity, log: Path) -> None:
    """Fails on the first sample that differs.

    Raises:
        ParityError: with the first difference.
    """
    for comparison, result in zip(parity.comparisons, parity.results, strict=True):
        if comparison.same:
            continue
        with log.open("a", encoding="utf-8") as out:
            out.write(f"the executable's standard error for '{comparison.sample}':\n")
            out.write(result.stderr.decode("utf-8", "replace"))
        if comparison.unstable:
            raise ParityError(
                f"sample '{comparison.sample}' cannot be compared",
                str(comparison),
                "set a seed, or ignore the difference with `mask` or `ignore-files` in [tool.tf2exe.verify], "
                "or use --no-verify",
                log,
            )
        raise ParityError(
            f"output differs from Python for sample '{comparison.sample}'",
            str(comparison),
            "no executable was written; the build folder has it, and --no-verify writes it all the same",
            log,
        )
