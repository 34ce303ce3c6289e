"""The settings of the program that a `.spec` describes, and notes on what has no counterpart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tf2exe.errors import ConfigurationError
from tf2exe.import_spec import no_counterpart
from tf2exe.import_spec.files import add_files
from tf2exe.import_spec.packages import Packages
from tf2exe.import_spec.table import Conversion

if TYPE_CHECKING:
    from tf2exe.import_spec.recording import Call
    from tf2exe.import_spec.running import Ran

VERSION_KEYS: Final = {
    "CompanyName": "company",
    "ProductName": "product",
    "FileVersion": "version",
    "ProductVersion": "version",
    "LegalCopyright": "copyright",
    "FileDescription": "description",
}
"""Names in a version file; of two that mean the same, the later one wins."""

NOT_EXCLUDED: Final = {
    "own": "it is bundled only if the program imports it",
    "optional": "it is bundled only if the program imports it",
    "standard": "the standard library is bundled as a whole",
    "": "it is not installed here",
}


def convert(ran: Ran) -> Conversion:
    """The settings of the program that a spec file describes: of its first executable.

    Raises:
        ConfigurationError: it describes none.
    """
    analyses, exes = ran.recording.of("Analysis"), ran.recording.of("EXE")
    exe = exes[0] if exes else None
    scripts = {source for _, source, _ in exe.toc} if exe else set()
    used = [call for call in analyses if scripts.intersection(call.options["inputs"])]
    analysis = next(iter(used or analyses), None)
    if analysis is None or not analysis.options["inputs"]:
        raise ConfigurationError(
            f"{ran.spec.name} describes no program",
            "it calls no Analysis(...) with a script",
            "give a .spec of PyInstaller, or write [tool.tf2exe] by hand",
        )
    result = Conversion(ran, notes=list(ran.recording.notes))
    for call in ran.recording.calls:
        if call.name in no_counterpart.CLASSES:
            result.note(call.line, f"{call.name}(...)", no_counterpart.CLASSES[call.name])
        elif call in (*analyses, *exes) and call is not analysis and call is not exe:
            result.note(
                call.line, f"{call.name}(...)", "a table builds one program; write another one for it"
            )
    _scripts(analysis, result)
    roots = [os.path.dirname(result.settings["entry"]), *result.settings.get("python-path", ())]  # noqa: PTH120
    packages = Packages([(result.folder / root).resolve() for root in roots])
    add_files(analysis, exe, result, packages)
    _modules(analysis, result, packages)
    _arguments(analysis, result)
    if exe is not None:
        _arguments(exe, result)
        _executable(exe, result)
    is_folder = bool(ran.recording.of("COLLECT")) or (exe is not None and not exe.is_onefile)
    result.settings |= {"mode": "standalone" if is_folder else "onefile", "pyinstaller-compat": True}
    return result


def _scripts(analysis: Call, result: Conversion) -> None:
    entry, *others = analysis.options["inputs"]
    result.settings["entry"] = result.path(entry)
    for script in others:
        reason = "PyInstaller runs it after the first script; import it there"
        result.note(analysis.line, result.path(script), reason)
    for path in analysis.options["pathex"]:
        if not Path(path).is_dir():
            result.note(analysis.line, f"pathex: {path}", "it does not exist", lost=False)
        elif Path(path).resolve() != Path(entry).parent.resolve():
            result.add("python-path", result.path(path))


def _modules(analysis: Call, result: Conversion, packages: Packages) -> None:
    """Hidden imports and excluded modules. An installed package stands for the modules in it."""
    names = [*result.settings.get("include-module", ()), *analysis.options["hiddenimports"]]
    kinds = {name: packages.kind(name) for name in names}
    for name, kind in kinds.items():
        around = (name[:end] for end, mark in enumerate(name) if mark == ".")
        is_inside = any(kinds.get(package) in {"installed", "optional"} for package in around)
        if kind == "own" or (kind in {"installed", "optional"} and not is_inside):
            result.add("include-module", name)
        elif not kind:
            result.note(analysis.line, f"hiddenimports: {name}", "it is not installed here", lost=False)
    for name in analysis.options["excludes"]:
        kind = packages.kind(name)
        if kind == "installed":
            result.add("exclude", name)
        else:
            result.note(analysis.line, f"excludes: {name}", NOT_EXCLUDED[kind], lost=False)


def _arguments(call: Call, result: Conversion) -> None:
    """Notes arguments without a counterpart."""
    for reasons, lost in ((no_counterpart.LOST, True), (no_counterpart.NOT_NEEDED, False)):
        for key, value in call.options.items():
            if key in reasons and value and value != no_counterpart.DEFAULTS.get(key):
                for item in value if isinstance(value, list) else [value]:
                    result.note(call.line, f"{key}: {item}", reasons[key], lost=lost)


def _executable(exe: Call, result: Conversion) -> None:
    """The name, the properties and the appearance of the executable."""
    settings, options, recording = result.settings, exe.options, result.ran.recording
    names = [call.options.get("name") for call in (exe, *recording.of("COLLECT"))]
    name = next((name for name in names if isinstance(name, str) and name), result.ran.spec.stem)
    # PyInstaller takes the last part, and adds the suffix itself.
    settings["name"] = name.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if not options.get("console", not options.get("windowed")):
        settings["console"] = False
    if options.get("debug"):
        settings["debug"] = True
    for path in map(result.path, options["icon"]):
        if not path.lower().endswith(".ico"):
            result.note(exe.line, f"icon: {path}", "it must be an .ico file; Pillow can convert it")
        elif not (result.folder / path).is_file():
            result.note(exe.line, f"icon: {path}", "it does not exist")
        elif settings.setdefault("icon", path) != path:
            result.note(exe.line, f"icon: {path}", "an executable has one icon")
    texts = {
        key: recording.version[name] for name, key in VERSION_KEYS.items() if recording.version.get(name)
    }
    if texts:
        settings["version-info"] = texts
    for option, _, kind in exe.toc:
        if kind == "OPTION":
            result.note(exe.line, f"option {option!r}", "options of the interpreter cannot be set")
