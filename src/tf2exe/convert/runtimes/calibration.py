"""What an application feeds its models for the calibration inputs that the user names."""

from __future__ import annotations

import glob
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.config.samples import read_sample
from tf2exe.convert.runtimes import model_calls
from tf2exe.errors import ConfigurationError, ConversionError
from tf2exe.samples import runner
from tf2exe.system import file_tree
from tf2exe.system.file_tree import sha256
from tf2exe.system.progress import Step
from tf2exe.trace.stage import TRACER_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tf2exe.config.application import Application, Sample
    from tf2exe.convert.runtimes.model_calls import Call


def samples_of(application: Application) -> list[Sample]:
    """The calibration's command lines.

    Raises:
        ConfigurationError: there are none, or one of their inputs is also that of a sample.
    """
    samples = [_expanded(text, application.project) for text in application.settings.calibration]
    refuse_test_inputs(samples, application.samples)
    return samples


def run(
    application: Application,
    samples: Sequence[Sample],
    folder: Path,
    *,
    log: Path,
    on_step: Callable[[Step], None],
) -> tuple[Call, ...]:
    """Runs command lines in Python, with the models that are converted in ``folder``.

    Raises:
        ConversionError: they did not lead to a single computation of a model.
        SampleError: a command line fails.
    """
    calls = folder / "calls"
    calls.mkdir(parents=True)
    command = runner.python_command(application, folder / f"{application.name}.py")
    environment = runner.python_environment(application, str(TRACER_FOLDER), models=folder / "files")
    env = {**environment, "TF2EXE_MODEL_CALLS": str(calls)}
    for number, sample in enumerate(samples):
        on_step(Step("calibrate", sample.name, number + 1, len(samples)))
        runner.raise_if_crashed(runner.run_sample(sample, command, folder=folder / "run", env=env), log)
    shutil.rmtree(folder / "run", ignore_errors=True)
    found = model_calls.read(calls)
    if not found:
        raise ConversionError(
            "nothing to calibrate with",
            "the command lines of `calibration` did not run a converted model",
            "give inputs that the application runs the model with",
            log,
        )
    return found


def _expanded(text: str, project: Path) -> Sample:
    """A command line with its wildcards expanded, as a shell would.

    Raises:
        ConfigurationError: they match nothing, and it names no other file either.
    """
    sample = read_sample(text, project)
    arguments = []
    for argument in sample.arguments:
        matches = sorted(glob.glob(argument, root_dir=project)) if glob.has_magic(argument) else []  # noqa: PTH207 - Path.glob refuses absolute patterns
        arguments += matches or [argument]
    if tuple(arguments) == sample.arguments and not sample.inputs and glob.has_magic(text):
        raise ConfigurationError(
            f"no input '{text}' to calibrate with",
            f"nothing matches it below {project}",
            "correct `calibration`",
        )
    return replace(sample, arguments=tuple(arguments))


def require(calibration: Sequence[object]) -> None:
    """Integers need ranges.

    Raises:
        ConfigurationError: no command line is given.
    """
    if not calibration:
        raise ConfigurationError(
            "precision int8 needs calibration",
            "no calibration input is given",
            "set `calibration`, or give --calibration 'photos/*.jpg'",
        )


def refuse_test_inputs(calibration: list[Sample], samples: tuple[Sample, ...]) -> None:
    """A model that was calibrated with what it is judged by is judged too well.

    Raises:
        ConfigurationError: an input is the same.
    """
    require(calibration)
    tested = {sha256(path): name for sample in samples for path, name in _inputs(sample)}
    for path, name in (pair for sample in calibration for pair in _inputs(sample)):
        if same := tested.get(sha256(path)):
            raise ConfigurationError(
                f"{name} cannot calibrate", f"the sample input {same} is the same file", "give other inputs"
            )


def _inputs(sample: Sample) -> Iterator[tuple[Path, str]]:
    """All files that a command line names, also those outside of the project."""
    yield from sample.inputs
    if sample.stdin:
        yield sample.stdin, sample.stdin.name
    for path in (Path(argument) for argument in sample.arguments):
        if path.is_absolute() and path.exists():
            yield from ((file, str(file)) for file in file_tree.list_files(path))
