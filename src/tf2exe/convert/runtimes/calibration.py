"""Runs the command lines of `calibration`, and records what the application passes to its models."""

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


def read_samples(application: Application) -> list[Sample]:
    """Reads the command lines of `calibration`.

    Raises:
        ConfigurationError: there are none, or one of their inputs is also the input of a sample.
    """
    samples = [_expand_wildcards(text, application.project) for text in application.settings.calibration]
    raise_if_tested(samples, application.samples)
    return samples


def record_calls(
    application: Application,
    samples: Sequence[Sample],
    folder: Path,
    *,
    log: Path,
    on_step: Callable[[Step], None],
) -> tuple[Call, ...]:
    """Runs command lines in Python, and records the calls of models.

    Args:
        application: the application.
        samples: the command lines.
        folder: the folder with the converted models, which the application uses, in ``files``.
        log: gets the last lines of a command line that fails.
        on_step: called before each command line.

    Raises:
        ConversionError: no model was called.
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
    recorded = model_calls.read_calls(calls)
    if not recorded:
        raise ConversionError(
            "nothing to calibrate with",
            "the command lines of `calibration` did not run a converted model",
            "give inputs that the application runs the model with",
            log,
        )
    return recorded


def _expand_wildcards(text: str, project: Path) -> Sample:
    """Reads a command line and expands its wildcards as a shell does.

    Raises:
        ConfigurationError: the wildcards match nothing, and the command line names no other file.
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


def raise_if_missing(calibration: Sequence[object]) -> None:
    """Raises an error without calibration inputs: the ranges of `int8` come from them.

    Raises:
        ConfigurationError: no command line is given.
    """
    if not calibration:
        raise ConfigurationError(
            "precision int8 needs calibration",
            "no calibration input is given",
            "set `calibration`, or give --calibration 'photos/*.jpg'",
        )


def raise_if_tested(calibration: list[Sample], samples: tuple[Sample, ...]) -> None:
    """Raises an error if an input of a sample calibrates: the comparison would be too favourable.

    Raises:
        ConfigurationError: a file is an input of both, or there is no calibration input.
    """
    raise_if_missing(calibration)
    tested = {sha256(path): name for sample in samples for path, name in _input_files(sample)}
    for path, name in (pair for sample in calibration for pair in _input_files(sample)):
        if same := tested.get(sha256(path)):
            raise ConfigurationError(
                f"{name} cannot calibrate", f"the sample input {same} is the same file", "give other inputs"
            )


def _input_files(sample: Sample) -> Iterator[tuple[Path, str]]:
    """All files that a command line names, also those outside the project: (path, name for messages)."""
    yield from sample.inputs
    if sample.stdin:
        yield sample.stdin, sample.stdin.name
    for path in (Path(argument) for argument in sample.arguments):
        if path.is_absolute() and path.exists():
            yield from ((file, str(file)) for file in file_tree.list_files(path))
