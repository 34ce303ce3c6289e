"""Writes the settings that the launcher's Python code reads at start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.assemble import bytecode
from tf2exe.launchers import sources

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class StartSettings:
    """The settings of one executable; the fields are the constants of `launchers/start/tf2exe_settings.py`.

    Attributes:
        is_script: the application is a script, not a package.
        main_file: the file name of a bundled main module; empty if it is compiled.
        pyinstaller_compat: set `sys.frozen` and `sys._MEIPASS`.
        windowed: the executable has no console.
    """

    is_script: bool
    main_file: str
    pyinstaller_compat: bool
    windowed: bool

    def source(self) -> str:
        """The source of the settings module."""
        values = {name.upper(): value for name, value in vars(self).items()}
        lines = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        return f'"""The settings of this executable, written by tf2exe."""\n\n{lines}'


def write_start(folder: Path, settings: StartSettings) -> None:
    """Writes the launcher's Python code with its settings, each module with its bytecode."""
    names = (sources.START_MODULE, *((sources.WINDOWED_MODULE,) if settings.windowed else ()))
    for module in (sources.FOLDER / name for name in names):
        bytecode.write_module(module, folder / module.name, base=module.parent, replacements=())
    target = folder / (sources.FOLDER / sources.SETTINGS_MODULE).name
    target.write_text(settings.source(), encoding="utf-8")
    bytecode.write_module(target, target, base=folder, replacements=())
