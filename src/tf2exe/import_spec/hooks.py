"""What PyInstaller's helpers and hooks collect: most is not needed, because packages travel whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tf2exe.import_spec.outcome import UNKNOWN, add_file, shown
from tf2exe.import_spec.values import Called, Imported, Part, Unknown, Value, items

if TYPE_CHECKING:
    from tf2exe.import_spec.outcome import Conversion
    from tf2exe.import_spec.packages import Packages

OF_MODULE: Final = frozenset(
    ("collect_all", "collect_data_files", "collect_dynamic_libs", "collect_submodules", "collect_entry_point")
)
OF_DISTRIBUTION: Final = frozenset(("copy_metadata", "collect_system_data_files"))

NOT_CARRIED: Final = {
    "runtime_hooks": "tf2exe runs nothing before the program; import it first in the entry script",
    "hookspath": "PyInstaller's hooks mean nothing here; packages travel whole, the rest is for "
    "include-module and data",
    "hooksconfig": "PyInstaller's hooks mean nothing here",
    "module_collection_mode": 'packages travel with their source; for own modules set sources = "all"',
    "optimize": "bytecode is not optimised, because `python program.py` does not do so either",
}
"""Arguments of `Analysis` that have no counterpart."""

WITHOUT_EFFECT: Final = frozenset(("hookspath", "hooksconfig", "optimize"))
"""Those that a program rarely misses."""


def report(analysis: Called, result: Conversion) -> None:
    """Notes each argument of `Analysis` that says something and has no counterpart."""
    for key, reason in NOT_CARRIED.items():
        value = analysis.keywords.get(key)
        if not value or value == -1:
            continue
        for item in items(value) if key == "runtime_hooks" else [value]:
            text = os.fspath(item) if isinstance(item, str | os.PathLike) else ""
            result.note(
                analysis.line, f"{key}: {text}" if text else key, reason, lost=key not in WITHOUT_EFFECT
            )


def collected(what: Unknown | Called | Part, line: int, result: Conversion, packages: Packages) -> None:
    """Carries over what a helper call stands for."""
    call = what.whole if isinstance(what, Part) else what
    if isinstance(call, Unknown):
        result.note(call.line or line, call.text, UNKNOWN)
    elif call.name == "Tree":
        _tree(call, result)
    elif call.name in OF_MODULE | OF_DISTRIBUTION:
        _package(call, result, packages)
    else:
        result.note(call.line or line, shown(what), UNKNOWN)


def _package(call: Called, result: Conversion, packages: Packages) -> None:
    name = _name(call.argument(0, "package" if call.name != "copy_metadata" else "package_name"))
    if name is None:
        result.note(call.line, call.text, "the name of the package is not known")
        return
    module = packages.module_of(name) if call.name in OF_DISTRIBUTION else name
    kind = packages.kind(module) if module else ""
    if module is None or not kind:
        result.note(call.line, call.text, f"{name} is not installed here")
    elif kind == "own":
        _own_package(call, module, result, packages)
    elif kind == "installed":
        result.add("include-module", module)
        result.note(call.line, call.text, f"{module} travels whole, with data and metadata", lost=False)


def _own_package(call: Called, name: str, result: Conversion, packages: Packages) -> None:
    """Modules and data of the program's own package, which does not travel whole by itself."""
    place = packages.own(name)
    if call.name in ("collect_all", "collect_submodules"):
        for module in packages.own_submodules(name):
            result.add("include-module", module)
    if call.name in ("collect_all", "collect_data_files") and place is not None and place.is_dir():
        for file in sorted(place.rglob("*")):
            inside = file.relative_to(place)
            if file.is_file() and file.suffix not in (".py", ".pyc") and "__pycache__" not in inside.parts:
                folder = "/".join((*name.split("."), *inside.parent.parts))
                add_file(str(file), folder, call.line, result)


def _tree(call: Called, result: Conversion) -> None:
    root, prefix = _name(call.argument(0, "root")), _name(call.argument(1, "prefix")) or "."
    if root is None:
        result.note(call.line, call.text, UNKNOWN)
        return
    add_file(root, prefix, call.line, result)
    if excludes := items(call.argument(2, "excludes")):
        result.note(
            call.line,
            f"Tree(excludes={excludes!r})",
            "the whole folder is carried; name its files to leave some out",
        )


def _name(value: Value) -> str | None:
    if isinstance(value, Imported):
        return value.name
    return os.fspath(value) if isinstance(value, str | os.PathLike) else None
