"""Stage *trace*: what does the application really use? Its samples run in Python and are watched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.samples import runner
from tf2exe.system.progress import Step
from tf2exe.trace.footprint import Footprint, gather

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application

TRACER = Path(__file__).resolve().parent / "tracer"
CALLS = "calls"
"""The folder in which a traced run leaves what converted models were fed and answered."""


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
        record_calls: record inputs and outputs of the converted models, in the folder `CALLS`.
        log: for the last lines of a sample that fails.
        on_step: called before each sample.

    Raises:
        SampleError: a sample fails in Python.
    """
    folder = application.build / "trace"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = runner.python_command(application, folder / f"{application.name}.py")
    env = {**runner.python_environment(application, str(TRACER), models=models), "TF2EXE_TRACE": str(folder)}
    if record_calls:
        (folder / CALLS).mkdir()
        env["TF2EXE_MODEL_CALLS"] = str(folder / CALLS)
    answers = []
    for number, sample in enumerate(application.samples):
        on_step(Step("trace", sample.name, number + 1, len(application.samples)))
        answer = runner.run_sample(sample, command, folder=folder / f"sample-{number}", env=env)
        runner.raise_if_crashed(answer, log)
        answers.append(answer)
    return gather(folder, tuple(answers))
