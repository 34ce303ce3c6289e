"""Stage *verify*: does the executable answer like Python, on a bare machine?"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import golden, knowledge, links, parity
from tf2exe.errors import ParityError
from tf2exe.knowledge import Volatile
from tf2exe.parity import Comparison, Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.application import Application, Sample
    from tf2exe.footprint import Footprint
    from tf2exe.golden import Answer
    from tf2exe.package import Package
    from tf2exe.plan import BuildPlan

KEPT_PREFIXES = ("TF_", "KERAS_", "OMP_", "MKL_", "CUDA_", "ONEDNN_")
"""Variables that steer the computation; both sides must see the same ones."""

KEPT_VARIABLES = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP")
"""What the executable sees of the user's environment: language, time zone, what Windows cannot do without."""


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
    answers: tuple[Answer, ...]
    python_seconds: tuple[float, ...]
    executable_seconds: tuple[float, ...]

    @property
    def same(self) -> bool:
        """Whether all samples are answered alike."""
        return all(comparison.same for comparison in self.comparisons)


def verify(
    application: Application,
    plan: BuildPlan,
    footprint: Footprint,
    package: Package,
    *,
    log: Path,
    on_step: Callable[[str], None],
) -> Parity:
    """Runs every sample in Python and in the executable, in a clean folder with a bare environment.

    Raises:
        ParityError: an answer differs.
        SampleError: a sample fails in Python.
    """
    base = application.build / "verify"
    shutil.rmtree(base, ignore_errors=True)
    (base / "empty").mkdir(parents=True)
    program = clean_copy(package.path, base / "clean", application.name)
    env = bare_environment(base)
    judge = _Judge(application, plan, program)
    comparisons, answers, python_seconds = [], [], []
    for number, sample in enumerate(application.samples):
        on_step(f"sample {number + 1} of {len(application.samples)} in Python: {sample.name}")
        pure = judge.run_python(sample, base / f"python-{number}")
        golden.refuse_crash(pure, log)
        on_step(f"sample {number + 1} of {len(application.samples)} in the executable: {sample.name}")
        ours = golden.run(sample, [str(program)], folder=base / f"executable-{number}", env=env)
        comparison = judge.judge(sample, [pure, footprint.answers[number]], ours, base / f"again-{number}")
        comparisons.append(comparison)
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


def clean_copy(built: Path, target: Path, name: str) -> Path:
    """Puts the executable where nothing else is; returns its path."""
    target.mkdir(parents=True)
    suffix = ".exe" if sys.platform == "win32" else ""
    if built.is_dir():
        # What is linked would change with the copy, should the program write into its own files.
        shutil.copytree(built, target / name, ignore=lambda here, _: ["lib"] if Path(here) == built else [])
        links.mirror(built / "lib", target / name / "lib")
        return target / name / f"{name}{suffix}"
    shutil.copy2(built, target / built.name)
    return target / built.name


def bare_environment(base: Path) -> dict[str, str]:
    """No Python, no PATH to one, no variable of Python's, a home that is empty."""
    home = base / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(KEPT_PREFIXES)}
    return {
        **kept,
        "PATH": str(base / "empty"),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TF2EXE_CACHE_DIR": str(base / "cache"),
    }


class _Judge:
    """Knows both sides' places and runs Python again where that decides."""

    def __init__(self, application: Application, plan: BuildPlan, program: Path) -> None:
        self.application, self.plan, self.program = application, plan, program
        masks = application.settings.verify.mask
        own = [Volatile(f"mask '{m}'", m, "<masked>", "the application's settings") for m in masks]
        self.rules = [*own, *knowledge.volatiles()]

    def run_python(self, sample: Sample, folder: Path) -> Answer:
        stub = self.application.build / "verify" / f"{self.application.name}.py"
        command = golden.python_command(self.application, stub)
        return golden.run(sample, command, folder=folder, env=golden.python_environment(self.application))

    def judge(self, sample: Sample, python: list[Answer], ours: Answer, again: Path) -> Comparison:
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
        sourceless = []
        for fate in self.plan.fates:
            if not fate.with_source:
                name = fate.module.name
                file = f"<application>/{name.replace('.', '/')}"
                file += "/__init__.py" if fate.module.is_package else ".py"
                sourceless.append("<program>" if name == "__main__" else file)
        if executable:
            root = _root_of(self.program, answer)
            own = [(f"{root}/__main__.py", "<program>"), (str(self.program), "<program>")]
            if entry.source:
                own.append((f"{root}/{entry.source.name}", "<program>"))
            own += [
                (f"{root}/lib/packages", "<packages>"),
                (f"{root}/lib/python", "<python>"),
                (root, "<application>"),
            ]
        else:
            own = [(sys.executable, "<program>"), (sysconfig.get_path("stdlib"), "<python>")]
            own += [(str(c.base), "<packages>") for c in self.plan.distributions]
            own += [(str(root), "<application>") for root in self.application.roots]
            own += [(str(entry.source), "<program>")] if entry.source else []
        names = [self.program.name, Path(entry.target).name, f"python -m {entry.target}"]
        names += [f"{self.application.name}.py", self.application.name, "__main__.py"]
        return Places((*own, (str(answer.folder), "<folder>")), tuple(names), tuple(sourceless))


def _root_of(program: Path, answer: Answer) -> str:
    """Where the executable's files were: beside it, or in the cache folder that it unpacked to."""
    if (program.parent / "lib").is_dir():
        return str(program.parent)
    cache = answer.folder.parent / "cache"
    unpacked = sorted(path.parent.parent for path in cache.glob("*/*/lib/tf2exe"))
    return str(unpacked[0]) if unpacked else str(cache)


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
                f"the sample '{comparison.sample}' cannot be compared",
                f"two runs of Python differ: {comparison.difference}",
                "give it a seed, or name what differs in `[tool.tf2exe.verify] mask`, or use --no-verify",
                log,
            )
        raise ParityError(
            f"the executable answers '{comparison.sample}' otherwise than Python",
            str(comparison.difference),
            "it was not delivered; look at it in the build folder, or deliver it with --no-verify",
            log,
        )
