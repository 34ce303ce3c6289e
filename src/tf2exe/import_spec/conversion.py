"""From what a spec says to the settings that build the same program, and to what has no counterpart."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tf2exe.errors import ConfigurationError
from tf2exe.import_spec import executable, hooks
from tf2exe.import_spec.outcome import UNKNOWN, Conversion, add_file, relative, shown, text_of
from tf2exe.import_spec.packages import Packages
from tf2exe.import_spec.values import Called, Part, Spliced, Value, items, opaque

if TYPE_CHECKING:
    from tf2exe.import_spec.reading import Spec


def convert(spec: Spec) -> Conversion:
    """The settings for the program of a spec file.

    Raises:
        ConfigurationError: it describes no program, or one whose script cannot be known.
    """
    if not spec.of("Analysis"):
        raise ConfigurationError(
            f"{spec.path} describes no program",
            "there is no Analysis(...) in it",
            "give a .spec of PyInstaller",
        )
    analysis, exe, others = _program(spec)
    result = Conversion(spec.path.parent.resolve())
    for line, text in spec.unread:
        result.note(line, text, "a statement that only running the spec file would follow")
    for other in others:
        result.note(other.line, f"{other.name}(...)", "one program a table: write another one for it")
    _scripts(analysis, result)
    _paths(analysis, result)
    packages = Packages([(result.folder / root).resolve() for root in _roots(result)])
    for key in ("datas", "binaries"):
        for entry in [*items(analysis.argument(-1, key)), *analysis.added.get(key, ())]:
            _file(entry, key, analysis.line, result, packages)
    for name in [*items(analysis.argument(-1, "hiddenimports")), *analysis.added.get("hiddenimports", ())]:
        _module(name, analysis.line, result, packages)
    for name in items(analysis.argument(-1, "excludes")):
        _excluded(name, analysis.line, result, packages)
    hooks.report(analysis, result)
    executable.convert(spec, exe, result)
    result.settings["pyinstaller-compat"] = True
    return result


def _program(spec: Spec) -> tuple[Called, Called | None, list[Called]]:
    """The first executable with its own analysis, and the further ones."""
    analyses, exes = spec.of("Analysis"), spec.of("EXE")
    exe = exes[0] if exes else None
    used = [part.whole for part in _parts(exe) if part.whole.name == "Analysis"] if exe else []
    analysis = used[0] if used else analyses[0]
    others = [call for call in (*analyses, *exes) if call is not analysis and call is not exe]
    return analysis, exe, others


def _parts(call: Called) -> list[Part]:
    found = []
    for argument in call.arguments:
        for item in items(argument):
            what = item.what if isinstance(item, Spliced) else item
            if isinstance(what, Part):
                found.append(what)
    return found


def _scripts(analysis: Called, result: Conversion) -> None:
    scripts = [text_of(item) for item in items(analysis.argument(0, "scripts"))]
    known = [script for script in scripts if script]
    if not known:
        raise ConfigurationError(
            "the spec file does not say which script it builds",
            f"line {analysis.line}: {analysis.text.splitlines()[0][:80]}",
            "write [tool.tf2exe] by hand",
        )
    result.settings["entry"] = relative(known[0], result.folder)
    for script in known[1:]:
        result.note(analysis.line, script, "PyInstaller runs it behind the first script; import it there")


def _paths(analysis: Called, result: Conversion) -> None:
    own = (result.folder / result.settings["entry"]).resolve().parent
    for item in items(analysis.argument(1, "pathex")):
        text = text_of(item)
        if text is None:
            result.note(analysis.line, f"pathex: {shown(item)}", UNKNOWN)
        elif not (result.folder / text).is_dir():
            result.note(analysis.line, f"pathex: {text}", "there is no such folder", lost=False)
        elif (result.folder / text).resolve() != own:
            result.add("python-path", relative(text, result.folder))


def _roots(result: Conversion) -> list[str]:
    return [os.path.dirname(result.settings["entry"]) or ".", *result.settings.get("python-path", ())]  # noqa: PTH120


def _file(entry: Value, key: str, line: int, result: Conversion, packages: Packages) -> None:
    """An entry of `datas` or `binaries`: (source, folder), or (name, source, kind) once analysed."""
    if isinstance(entry, Spliced):
        hooks.collected(entry.what, line, result, packages)
        return
    if opaque(entry) or not isinstance(entry, tuple | list) or len(entry) not in (2, 3):
        result.note(line, f"{key}: {shown(entry)}", UNKNOWN)
        return
    analysed = len(entry) == 3  # noqa: PLR2004 - see above
    source, place = text_of(entry[1 if analysed else 0]), text_of(entry[0 if analysed else 1])
    if source is None or place is None:
        result.note(line, f"{key}: {shown(entry)}", UNKNOWN)
        return
    owner = packages.owner_of((result.folder / source.rstrip("/*")).resolve())
    if owner is not None:
        result.add("include-module", owner)
        result.note(line, f"{key}: {source}", f"it travels with its package, {owner}", lost=False)
        return
    add_file(source, place, line, result, renamed=analysed)
    if key == "binaries":
        result.note(
            line,
            f"binaries: {source}",
            "carried as a data file; libraries of the machine that it needs are not looked for",
            lost=False,
        )


def _module(name: Value, line: int, result: Conversion, packages: Packages) -> None:
    if isinstance(name, Spliced):
        hooks.collected(name.what, line, result, packages)
        return
    text = text_of(name)
    if text is None:
        result.note(line, f"hiddenimports: {shown(name)}", UNKNOWN)
        return
    kind = packages.kind(text)
    if kind in ("own", "installed"):
        result.add("include-module", text)
    elif not kind:
        result.note(line, f"hiddenimports: {text}", "it is not installed here", lost=False)


def _excluded(name: Value, line: int, result: Conversion, packages: Packages) -> None:
    text = text_of(name)
    kind = packages.kind(text) if text else ""
    if text is None:
        result.note(line, f"excludes: {shown(name)}", UNKNOWN)
    elif kind == "installed":
        result.add("exclude", text)
    else:
        reasons = {
            "own": "a module of the program travels if the program imports it",
            "standard": "the standard library travels whole",
            "": "it is not installed here",
        }
        result.note(line, f"excludes: {text}", reasons[kind], lost=False)
