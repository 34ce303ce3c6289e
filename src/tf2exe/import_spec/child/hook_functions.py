"""Functions of `PyInstaller.utils.hooks` that look for files. Nothing is imported for them."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import pkgutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement

from tf2exe.import_spec.child.stand_ins import RECORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Wanted = Callable[[str], object]

Files = list[tuple[str, str]]
"""Sources with the folders that they go to."""

LIBRARIES: Final = ("*.dll", "*.dylib", "lib*.so")
CODE: Final = frozenset(importlib.machinery.all_suffixes())


def find(name: str) -> importlib.machinery.ModuleSpec | None:
    """Where a module is; the packages around it are not imported."""
    top, *parts = name.split(".")
    found = importlib.util.find_spec(top)
    for end in range(2, len(parts) + 2):
        path = list(found.submodule_search_locations or ()) if found else []
        full = ".".join([top, *parts][:end])
        found = importlib.machinery.PathFinder.find_spec(full, path) if path else None
    if found is None:
        RECORDER.note(f"{name} is not installed here")
    return found


def _folders(name: str) -> list[Path]:
    found = find(name)
    return [Path(folder) for folder in found.submodule_search_locations or ()] if found else []


def _placed(files: Iterable[Path], folder: Path, package: str) -> Files:
    base = folder.parents[package.count(".")]
    return [(str(file), file.parent.relative_to(base).as_posix()) for file in sorted(files)]


def _matches(folder: Path, patterns: Iterable[str]) -> set[Path]:
    """The files that patterns name, and those in folders that they name."""
    found = [path for pattern in patterns for path in folder.glob(pattern)]
    return {
        file for path in found for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()
    }


def collect_data_files(
    package: str,
    include_py_files: Any = False,
    subdir: Any = None,
    excludes: Any = None,
    includes: Any = None,
) -> Files:
    found: Files = []
    for folder in _folders(package):
        files = _matches(folder / (subdir or ""), includes or ["*"])
        files -= _matches(folder / (subdir or ""), excludes or ())
        code = CODE - {".py"} if include_py_files else CODE
        found += _placed((file for file in files if file.suffix not in code), folder, package)
    return found


def collect_dynamic_libs(package: str, destdir: Any = None, search_patterns: Any = LIBRARIES) -> Files:
    found: Files = []
    for folder in _folders(package):
        found += _placed({file for each in search_patterns for file in folder.rglob(each)}, folder, package)
    return [(source, destdir or place) for source, place in found]


def collect_submodules(package: str, filter: Wanted = bool, on_error: str = "") -> list[str]:
    found = [package] if find(package) and filter(package) else []
    paths = [str(folder) for folder in _folders(package)] if found else []
    for module in pkgutil.iter_modules(paths, f"{package}."):
        found += collect_submodules(module.name, filter) if module.ispkg else [module.name]
    return sorted(name for name in found if filter(name))


def copy_metadata(package_name: str, recursive: Any = False) -> Files:
    try:
        path = Path(str(metadata.distribution(package_name)._path))  # type: ignore[attr-defined] # of each kind
    except metadata.PackageNotFoundError:
        RECORDER.note(f"{package_name} is not installed here")
        return []
    return [(str(path), path.name)]


def collect_all(
    package_name: str,
    include_py_files: Any = True,
    filter_submodules: Wanted = bool,
    exclude_datas: Any = None,
    include_datas: Any = None,
    on_error: str = "",
) -> tuple[Files, Files, list[str]]:
    datas = collect_data_files(package_name, include_py_files, None, exclude_datas, include_datas)
    for name in sorted(set(metadata.packages_distributions().get(package_name, ()))):
        datas += copy_metadata(name)
    return datas, collect_dynamic_libs(package_name), collect_submodules(package_name, filter_submodules)


def collect_entry_point(name: str) -> tuple[Files, list[str]]:
    points = list(metadata.entry_points(group=name))
    datas = [file for point in points if point.dist for file in copy_metadata(point.dist.name)]
    return datas, [point.module for point in points]


def get_module_file_attribute(package: str) -> str:
    found = find(package)
    if found is None or not found.origin:
        raise ImportError(f"{package} has no file")
    return found.origin


def get_package_paths(package: str) -> tuple[str, str]:
    for folder in _folders(package):
        return str(folder).removesuffix(package.replace(".", os.sep)), str(folder)
    raise ImportError(f"{package} is not a package")


def check_requirement(requirement: str, *_removed: Any) -> bool:
    wanted = Requirement(requirement)
    try:
        return wanted.specifier.contains(metadata.version(wanted.name), prereleases=True)
    except metadata.PackageNotFoundError:
        return False


FUNCTIONS: Final[dict[str, Any]] = {
    **{name: value for name, value in globals().items() if name.startswith(("collect_", "copy_", "get_"))},
    **dict.fromkeys(("check_requirement", "is_module_satisfies"), check_requirement),
    "remove_prefix": str.removeprefix,
    "remove_suffix": str.removesuffix,
    "PY_IGNORE_EXTENSIONS": CODE,
}
