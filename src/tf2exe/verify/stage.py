"""Stage *verify*: does the executable answer like Python, on a bare machine?"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tf2exe.errors import ParityError
from tf2exe.samples import runner
from tf2exe.system.progress import Step
from tf2exe.verify.isolation import bare_environment, clean_copy
from tf2exe.verify.sides import Judge

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
    """What verification found.

    Attributes:
        comparisons: one for each sample.
        answers: what the executable gave, one for each sample.
        python_seconds: whole-process time of each sample in Python.
        executable_seconds: likewise of the executable; in mode onefile the first one unpacks.
    """

    comparisons: tuple[Comparison, ...]
    answers: tuple[RunResult, ...]
    python_seconds: tuple[float, ...]
    executable_seconds: tuple[float, ...]

    @property
    def same(self) -> bool:
        """Whether all samples are answered alike."""
        return all(comparison.same for comparison in self.comparisons)


def verify(
    application: Application,
    footprint: Footprint,
    package: Package,
    *,
    log: Path,
    on_step: Callable[[Step], None],
) -> Parity:
    """Runs every sample in Python and in the executable, in a clean folder with a bare environment.

    Raises:
        ParityError: an answer differs.
        SampleError: a sample fails in Python.
    """
    base = application.build / "verify"
    shutil.rmtree(base, ignore_errors=True)
    program = clean_copy(package.path, base / "clean", application.program)
    judge = Judge(application, program, base, bare_environment(base))
    comparisons, answers, python_seconds = [], [], []
    count = len(application.samples)
    for number, sample in enumerate(application.samples):
        on_step(Step("python", sample.name, number + 1, count))
        pure = judge.run_python(sample, base / f"python-{number}")
        runner.raise_if_crashed(pure, log)
        on_step(Step("executable", sample.name, number + 1, count))
        ours = judge.run_executable(sample, base / f"executable-{number}")
        again = partial(judge.run_python, sample, base / f"again-{number}")
        comparisons.append(judge.compare([pure, footprint.answers[number]], ours, again))
        answers.append(ours)
        python_seconds.append(pure.seconds)
    result = Parity(
        tuple(comparisons), tuple(answers), tuple(python_seconds), tuple(answer.seconds for answer in answers)
    )
    _keep(result, base)
    shutil.rmtree(base / "clean", ignore_errors=True)
    shutil.rmtree(base / "cache", ignore_errors=True)
    refuse_difference(result, log)
    return result


def _keep(result: Parity, base: Path) -> None:
    """The executable's answers stay beside the build for whoever looks into a difference."""
    for number, answer in enumerate(result.answers):
        (base / f"executable-{number}.stdout").write_bytes(answer.stdout)
        (base / f"executable-{number}.stderr").write_bytes(answer.stderr)


def refuse_difference(result: Parity, log: Path) -> None:
    """Fails on the first sample that is answered otherwise.

    Raises:
        ParityError: with the first differing place.
    """
    for comparison, answer in zip(result.comparisons, result.answers, strict=True):
        if comparison.same:
            continue
        with log.open("a", encoding="utf-8") as out:
            out.write(f"the executable's standard error for '{comparison.sample}':\n")
            out.write(answer.stderr.decode("utf-8", "replace"))
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
