"""The command and the environment of the program of a variant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.comparison.startup import Program
from tf2exe.convert.converted_models import converted_folder
from tf2exe.samples import runner
from tf2exe.verify.isolation import minimal_environment, temporary_folder_variables

if TYPE_CHECKING:
    from tf2exe.comparison.build_runner import Build
    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.application import Application


def program_of(variant: Variant, built: Build, application: Application, folder: Path) -> Program:
    """The program of a variant: in Python as usual, otherwise with the environment of a bare machine."""
    base = folder / variant.key / "run"
    temporary = base / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    if variant.kind == "python":
        stub = base / f"{application.name}.py"
        command = runner.python_command(application, stub)
        files = [Path(text) for text in built.path.split(os.pathsep)]
        standard = Path(os.__file__).parent
        return Program(
            tuple(command),
            runner.python_environment(application, models=_models(variant, application, folder)),
            (),
            (*files, standard, *application.roots[:1]),
        )
    (base / "empty").mkdir(exist_ok=True)
    bare = minimal_environment(base)
    # PyInstaller unpacks there at each start and deletes the files at exit.
    env = {**bare, **temporary_folder_variables(temporary)}
    return Program((built.program,), env, (Path(bare["TF2EXE_CACHE_DIR"]), temporary), (Path(built.path),))


def _models(variant: Variant, application: Application, folder: Path) -> Path | None:
    """The folder of the models that the build of the variant has converted."""
    models = converted_folder(folder / variant.key / "build" / application.name)
    return models if models.is_dir() else None
