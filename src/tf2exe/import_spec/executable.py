"""`EXE`, `COLLECT` and the version file of a spec: the executable's name, form and properties."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Any, Final

from tf2exe.import_spec.outcome import UNKNOWN, relative, shown
from tf2exe.import_spec.values import Called, Spliced, Undecidable, Value, items, plain

if TYPE_CHECKING:
    from tf2exe.import_spec.outcome import Conversion
    from tf2exe.import_spec.reading import Spec

REASONS: Final = {
    "upx": "UPX damages libraries; a onefile is compressed with zstd",
    "strip": "native libraries are always stripped where that is safe",
    "runtime_tmpdir": "a onefile unpacks once, into the user's cache; TF2EXE_CACHE_DIR names another folder",
    "contents_directory": "libraries lie in lib/, data files beside the executable",
    "uac_admin": "the manifest of the executable asks for no rights",
    "uac_uiaccess": "the manifest of the executable asks for no rights",
    "manifest": "tf2exe writes its own manifest (long paths, UTF-8)",
    "resources": "tf2exe writes icon and version information only",
    "splash": "there is no splash screen",
    "argv_emulation": "macOS only",
    "target_arch": "the executable is for the machine that builds it",
    "codesign_identity": "sign the executable after the build",
    "entitlements_file": "macOS only",
    "bootloader_ignore_signals": "the program gets its signals itself: a onefile becomes the program",
    "append_pkg": "the payload always stands in the executable",
    "hide_console": "the console is there (console = true) or is not (false)",
}
"""Arguments of `EXE` without a counterpart."""

HARMLESS: Final = frozenset(("upx", "strip", "runtime_tmpdir", "contents_directory", "argv_emulation"))
HARMLESS_TOO: Final = frozenset(("bootloader_ignore_signals", "append_pkg", "target_arch"))
USUAL: Final[dict[str, Value]] = {"append_pkg": True, "contents_directory": "_internal"}
"""What those say that say nothing."""

VERSION_KEYS: Final = {
    "CompanyName": "company",
    "ProductName": "product",
    "ProductVersion": "version",
    "FileVersion": "version",
    "LegalCopyright": "copyright",
    "FileDescription": "description",
}


def convert(spec: Spec, exe: Called | None, result: Conversion) -> None:
    """Adds what the executable is called and looks like."""
    settings = result.settings
    folder = bool(spec.of("COLLECT")) or (exe is not None and exe.keywords.get("exclude_binaries") is True)
    settings["mode"] = "standalone" if folder else "onefile"
    for call in (*spec.of("BUNDLE"), *spec.of("MERGE"), *spec.of("Splash")):
        reasons = {"BUNDLE": "macOS only", "MERGE": "each executable has its own libraries"}
        result.note(call.line, f"{call.name}(...)", reasons.get(call.name, REASONS["splash"]))
    if exe is None:
        return
    name = _own_name(spec, exe)
    if (given := exe.keywords.get("name")) is not None and not isinstance(given, str | os.PathLike):
        result.note(exe.line, f"name: {shown(given)}", f"{UNKNOWN}; until then it is '{name}'")
    if name:
        settings["name"] = name
    console = exe.keywords.get("console", not exe.keywords.get("windowed", False))
    if console is False:
        settings["console"] = False
    if exe.keywords.get("debug") not in (None, False):
        settings["debug"] = True
    _icon(exe, result)
    _version(exe, result)
    for key, reason in REASONS.items():
        value = exe.keywords.get(key)
        if value and value != USUAL.get(key):
            result.note(exe.line, f"{key}={value!r}", reason, lost=key not in HARMLESS | HARMLESS_TOO)
    _options(exe, result)


def _own_name(spec: Spec, exe: Called) -> str:
    """PyInstaller adds the suffix itself; in a folder `COLLECT` names what people see."""
    names = [
        exe.keywords.get("name"),
        *(call.keywords.get("name") for call in spec.of("COLLECT")),
        spec.path.stem,
    ]
    texts = [os.fspath(name) for name in names if isinstance(name, str | os.PathLike)]
    last = texts[0].replace("\\", "/").rpartition("/")[2] if texts else ""
    return last.removesuffix(".exe")


def _icon(exe: Called, result: Conversion) -> None:
    icons = [icon for icon in items(exe.keywords.get("icon")) if icon != "NONE"]
    for icon in icons:
        if not isinstance(icon, str | os.PathLike):
            result.note(exe.line, f"icon: {shown(icon)}", "the file's name is not known")
        elif not os.fspath(icon).lower().endswith(".ico"):
            result.note(exe.line, f"icon: {icon}", "only .ico files; convert it (Pillow can save it)")
        elif "icon" in result.settings:
            result.note(exe.line, f"icon: {icon}", "an executable has one icon")
        elif not (result.folder / relative(os.fspath(icon), result.folder)).is_file():
            result.note(exe.line, f"icon: {icon}", "there is no such file")
        else:
            result.settings["icon"] = relative(os.fspath(icon), result.folder)


def _version(exe: Called, result: Conversion) -> None:
    """A version file holds one expression of calls, which is parsed like the spec itself."""
    value = exe.keywords.get("version")
    found: dict[str, str] = {}
    if isinstance(value, str | os.PathLike):
        try:
            tree = ast.parse((result.folder / value).read_text(encoding="utf-8-sig"))
        except (OSError, SyntaxError, ValueError) as error:
            result.note(exe.line, f"version: {value}", f"it cannot be read ({error})")
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StringStruct":
                texts = [part.value for part in node.args if isinstance(part, ast.Constant)]
                _keep_text(texts, found)
    elif isinstance(value, Called):
        _walk_structs(value, found)
    elif value is not None:
        result.note(exe.line, "version", "only running the spec file would tell what it is")
    if found:
        result.settings["version-info"] = found


def _walk_structs(value: Value, found: dict[str, str]) -> None:
    if isinstance(value, Called):
        if value.name == "StringStruct":
            _keep_text(value.arguments, found)
        for part in (*value.arguments, *value.keywords.values()):
            _walk_structs(part, found)
    elif isinstance(value, list | tuple):
        for part in value:
            _walk_structs(part, found)


def _keep_text(texts: list[Any], found: dict[str, str]) -> None:
    if len(texts) == 2 and all(isinstance(text, str) for text in texts):  # noqa: PLR2004 - key and text
        key = VERSION_KEYS.get(texts[0])
        if key and texts[1] and (key not in found or texts[0] == "ProductVersion"):
            found[key] = texts[1]


def _options(exe: Called, result: Conversion) -> None:
    """`("u", None, "OPTION")`: options of the interpreter."""
    for argument in exe.arguments:
        for item in items(argument):
            if isinstance(item, Spliced) or not isinstance(item, tuple | list):
                continue
            try:
                known = list(plain(item))
            except Undecidable:
                continue
            if known[-1:] == ["OPTION"]:
                result.note(exe.line, f"option {known[0]!r}", "options of the interpreter cannot be given")
