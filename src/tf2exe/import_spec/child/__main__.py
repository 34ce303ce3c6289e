"""`python -P -m tf2exe.import_spec.child RESULT ORIGINAL SPEC [ARGUMENT ...]`: runs SPEC, writes a recording.

ORIGINAL is the folder that SPEC, in the folder of RESULT, is a copy of. It is not changed.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import sysconfig
import traceback
from dataclasses import is_dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tf2exe.import_spec.child.hook_functions import FUNCTIONS
from tf2exe.import_spec.child.stand_ins import CLASSES, RECORDER, UNKNOWN, Unknown
from tf2exe.import_spec.recording import Note

WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MODULES: Final = (
    *("building", "building.api", "building.build_main", "building.datastruct", "building.osx"),
    *("building.splash", "building.utils", "compat", "config", "depend", "depend.bindepend", "log", "utils"),
    *("utils.hooks", "utils.hooks.qt", "utils.hooks.tcl_tk", "utils.win32", "utils.win32.versioninfo"),
)
SYSTEMS: Final = {"win": "win32", "cygwin": "cygwin", "darwin": "darwin", "linux": "linux"}
VERSION: Final = (
    "VSVersionInfo",
    "FixedFileInfo",
    "StringFileInfo",
    "StringTable",
    "VarFileInfo",
    "VarStruct",
)
VERSION_CLASSES: Final[dict[str, Any]] = {
    **dict.fromkeys(VERSION, lambda *_parts, **_options: None),
    "StringStruct": lambda name, text: RECORDER.recording.version.update({name: text}),
}
"""A version file is an expression of calls, of which the names and texts count."""


class StandIn(ModuleType):
    """A module of PyInstaller; each of them has all names."""

    def __getattr__(self, name: str) -> Unknown:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(f"{self.__name__}.{name}")


def names_of(spec: str) -> dict[str, Any]:
    """The names that PyInstaller gives to a spec file."""
    folder, name = os.path.split(os.path.splitext(spec)[0])
    work, home = os.path.abspath(f"build/{name}"), sysconfig.get_path("purelib")
    names = {"SPEC": spec, "SPECPATH": folder, "specnm": name, "workpath": work, "HOMEPATH": home, "os": os}
    return {"DISTPATH": os.path.abspath("dist"), "WARNFILE": f"{work}/warn-{name}.txt", **names, **CLASSES}


def install(names: dict[str, Any]) -> None:
    """Puts stand-ins in the place of PyInstaller's modules, whether it is installed or not."""
    try:
        version = metadata.version("pyinstaller")
    except metadata.PackageNotFoundError:
        version = "6.22.3"  # of which these names are
    texts = {key.lower(): value for key, value in names.items() if isinstance(value, str)}
    known = {
        **FUNCTIONS,
        **CLASSES,
        **VERSION_CLASSES,
        **{f"is_{system}": sys.platform == value for system, value in SYSTEMS.items()},
        "CONF": {**texts, "pathex": [], "noconfirm": False, "upx_available": False},
        "DEFAULT_DISTPATH": names["DISTPATH"],
        "DEFAULT_WORKPATH": os.path.dirname(names["workpath"]),
        "HOMEPATH": names["HOMEPATH"],
        "__path__": [],
        "__version__": version,
        "logger": logging.getLogger("PyInstaller"),
    }
    for name in ("PyInstaller", *(f"PyInstaller.{module}" for module in MODULES)):
        sys.modules[name] = module = StandIn(name)
        vars(module).update(known)
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, module)


def protect(original: str, copy: str) -> None:
    """Refuses to write to the original folder, and to anything else through a link in the copy."""

    def is_inside(path: str, folder: str) -> bool:
        return path.startswith(os.path.join(folder, ""))

    def refuse(event: str, arguments: Any) -> None:
        if event != "open" or not (arguments[2] or 0) & WRITING or isinstance(arguments[0], int):
            return
        path, real = (form(os.fsdecode(arguments[0])) for form in (os.path.abspath, os.path.realpath))
        if not is_inside(real, copy) and (is_inside(path, copy) or is_inside(real, original)):
            raise PermissionError(f"{real} is not changed by import-spec")

    sys.addaudithook(refuse)


def run(spec: str) -> tuple[int, str] | None:
    """Runs a spec file.

    Returns:
        The line at which it failed, and the reason; None: it did not fail.
    """
    names = names_of(spec)
    install(names)
    sys.path += [os.getcwd(), names["SPECPATH"]]
    for folder in (names["DISTPATH"], names["workpath"]):
        os.makedirs(folder, exist_ok=True)
    try:
        exec(compile(Path(spec).read_bytes(), spec, "exec"), names)  # noqa: S102 - as PyInstaller does
    except BaseException as error:  # noqa: BLE001 - whatever it raises is the answer
        return _problem(error, spec)
    return None


def _problem(error: BaseException, spec: str) -> tuple[int, str]:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == spec]
    line, text = (lines or [0])[-1] or 0, " ".join(str(error).split())
    if isinstance(error, SyntaxError) and error.filename == spec:
        line, text = error.lineno or 0, error.msg
    if isinstance(error, SystemExit):
        return line, f"it calls sys.exit({'' if error.code is None else repr(error.code)})"
    unknown = [
        f"; {note.what} is not known to tf2exe" for note in RECORDER.recording.notes if note.reason == UNKNOWN
    ]
    return line, "".join([f"{type(error).__name__}: {text}".removesuffix(": "), *unknown[:1]])


def read_options(line: int, options: dict[str, Any]) -> None:
    """Finds the icons of an executable and reads its version file."""
    icon, version = options.get("icon"), options.get("version")
    icons = [icon] if isinstance(icon, str | os.PathLike) else icon or ()
    options["icon"] = [RECORDER.locate(each) for each in icons if each != "NONE"]
    if isinstance(version, str | os.PathLike):
        try:
            text = Path(RECORDER.locate(version)).read_text(encoding="utf-8-sig")
            eval(text, dict(VERSION_CLASSES))  # noqa: S307 - as PyInstaller does
        except Exception as error:  # noqa: BLE001 - somebody else's file
            reason = f"it cannot be read ({type(error).__name__}: {error})"
            RECORDER.recording.notes.append(Note(line, f"version: {version}", reason))


def main() -> None:
    """Runs the command."""
    result, original, spec, *arguments = sys.argv[1:]
    sys.argv = [spec, *arguments]
    RECORDER.spec, recording = spec, RECORDER.recording
    protect(original, os.path.dirname(result))
    recording.problem = run(spec)
    recording.calls += [target.call() for target in RECORDER.targets]
    for exe in recording.of("EXE"):
        read_options(exe.line, exe.options)
    Path(result).write_text(json.dumps(recording, skipkeys=True, default=_plain), encoding="utf-8")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return vars(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else repr(value)


if __name__ == "__main__":
    main()
