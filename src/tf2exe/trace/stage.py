"""Stage *trace*: runs the samples in Python under audit hooks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.samples import runner
from tf2exe.system.progress import Step
from tf2exe.trace.footprint import Footprint, read_footprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application

TRACER_FOLDER = Path(__file__).resolve().parent / "tracer"
"""On `PYTHONPATH` of a traced program: Python imports `sitecustomize` from there."""

CALLS_FOLDER = "calls"
"""The name of the folder where the tracer writes the inputs and outputs of converted models."""


def trace(
    application: Application,
    *,
    models: Path | None = None,
    record_calls: bool = False,
    log: Path,
    on_step: Callable[[Step], None],
) -> Footprint:
    """Runs every sample once under audit hooks.

    Args:
        application: the application.
        models: the folder of converted models; None: the program uses its own.
        record_calls: record the inputs and outputs of the converted models, in `CALLS_FOLDER`.
        log: gets the last lines of a sample that fails.
        on_step: called before each sample.

    Raises:
        SampleError: a sample fails in Python.
    """
    folder = application.build / "trace"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = runner.python_command(application, folder / f"{application.name}.py")
    env = {
        **runner.python_environment(application, str(TRACER_FOLDER), models=models),
        "TF2EXE_TRACE": str(folder),
    }
    if record_calls:
        (folder / CALLS_FOLDER).mkdir()
        env["TF2EXE_MODEL_CALLS"] = str(folder / CALLS_FOLDER)
    results = []
    for number, sample in enumerate(application.samples):
        on_step(Step("trace", sample.name, number + 1, len(application.samples)))
        result = runner.run_sample(sample, command, folder=folder / f"sample-{number}", env=env)
        runner.raise_if_crashed(result, log)
        results.append(result)
    return read_footprint(folder, tuple(results))
