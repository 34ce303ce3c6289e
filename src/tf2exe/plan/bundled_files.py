"""Which files travel beside the compiled application: the standard library, packages, native libraries."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tf2exe import layout
from tf2exe.analysis.modules import is_imported, is_standard
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches
from tf2exe.knowledge.platforms import read_platform
from tf2exe.knowledge.rules import Rule
from tf2exe.native import dlls, shared_libraries
from tf2exe.plan import tcl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tf2exe.native.shared_libraries import Library
    from tf2exe.plan.distributions import SelectedDistribution
    from tf2exe.trace.footprint import Footprint

DYNAMIC = "lib-dynload"
"""The folder of the standard library's native modules."""
NATIVE_SUFFIXES = (".so", ".pyd", ".dll", ".dylib")

FileKind = Literal["module", "native", "stripped", "file"]


@dataclass(frozen=True)
class BundledFile:
    """A file that is carried.

    Attributes:
        source: where it is now.
        destination: where it will be, relative to the executable's folder.
        owner: the distribution, or ``python``.
        kind: a Python module (source and bytecode), a native file kept as it is, a native file that is
            stripped, or any other file.
        size: now, in bytes.
        reason: why it is carried.
    """

    source: Path
    destination: str
    owner: str
    kind: FileKind
    size: int
    reason: str


@dataclass(frozen=True)
class _Source:
    """A folder of files that may be carried.

    Attributes:
        owner: the distribution, or ``python``.
        base: the folder.
        files: relative to it, with forward slashes.
        prefix: where they will be, relative to the executable's folder.
        reason: why they are carried.
        inside: what stands before their names in rules. On Windows native modules of Python lie elsewhere;
            rules name them as they lie on Linux, and in the build.
    """

    owner: str
    base: Path
    files: tuple[str, ...]
    prefix: str
    reason: str
    inside: str = ""


@dataclass(frozen=True)
class ExcludedFiles:
    """What a rule left out of a distribution: number of files and bytes."""

    owner: str
    rule: Rule
    files: int
    size: int


def select(
    distributions: Iterable[SelectedDistribution],
    footprint: Footprint,
    imported: set[str],
    compiled: tuple[str, ...],
    wanted: Iterable[str],
    *,
    excluded: Iterable[str] = (),
) -> tuple[tuple[BundledFile, ...], tuple[ExcludedFiles, ...]]:
    """Every file of the distributions and of the standard library, less what the rules leave out.

    A file that a sample executed, opened or mapped is bundled whatever the rules say, except for a rule that
    is marked so. The same holds for the modules that are ``imported`` or ``wanted`` by name, with everything
    inside them. The modules named ``compiled`` are not bundled as Python files. Those named ``excluded``
    (parts of packages, and modules of the standard library) are not bundled at all.
    """
    excluded, wanted = set(excluded), set(wanted)
    imported = imported - excluded
    dropped = [
        (_beginnings([name]), exclusion_rule(name)) for name in excluded if "." in name or is_standard(name)
    ]
    used = footprint.files
    carried: list[BundledFile] = []
    seen: set[str] = set()
    counts: dict[tuple[str, Rule], list[int]] = defaultdict(lambda: [0, 0])
    for source in _sources(distributions, with_tcl=_is_bundled("tkinter/__init__.py", imported)):
        owner, files = source.owner, list(_files(source, seen))
        rules = _left_out([name for name, *_ in files], _rules(owner, imported), imported, wanted)
        for name, path, place, size in files:
            rule = rules.get(name)
            exclusion = next((rule for starts, rule in dropped if _inside(name).startswith(starts)), None)
            if path in used and not (rule and rule.even_if_loaded):
                rule = None
            if rule := exclusion or rule:
                counts[owner, rule][0] += 1
                counts[owner, rule][1] += size
            elif not (name.endswith(".py") and _is_compiled(name, compiled)):
                kind = _kind(owner, name)
                carried.append(BundledFile(Path(path), place, owner, kind, size, source.reason))
    left_out = tuple(ExcludedFiles(owner, rule, *count) for (owner, rule), count in counts.items())
    return tuple(carried), left_out


def is_named(carried: BundledFile, pattern: str) -> bool:
    """Whether a pattern of a rule, relative to the folder of packages, names this file."""
    return matches(f"{layout.PACKAGES}/{pattern}", carried.destination)


def _sources(distributions: Iterable[SelectedDistribution], *, with_tcl: bool) -> Iterator[_Source]:
    standard = Path(sysconfig.get_path("stdlib"))
    yield _Source("python", standard, _members(standard), layout.PYTHON, "the standard library")
    if sys.platform == "win32":
        native = Path(sys.base_prefix) / "DLLs"
        names = tuple(sorted(p.name for p in native.glob("*") if p.suffix in (".pyd", ".dll")))
        why = "the standard library's native modules"
        yield _Source("python", native, names, f"{layout.PYTHON}/{DYNAMIC}", why, f"{DYNAMIC}/")
    for name, folder in tcl.script_libraries() if with_tcl else ():
        prefix = f"{tcl.FOLDER}/{name}"
        yield _Source("python", folder, _members(folder), prefix, "the application uses tkinter", f"{name}/")
    for chosen in distributions:
        yield _Source(chosen.name, chosen.base, chosen.files, layout.PACKAGES, chosen.reason)


def _files(source: _Source, seen: set[str]) -> Iterator[tuple[str, str, str, int]]:
    """Of each file that is not seen yet: its name in rules, its path, its place in the build, its size."""
    for file in source.files:
        place, path = f"{source.prefix}/{file}", f"{source.base}/{file}".replace("/", os.sep)
        if place in seen:
            continue  # two builds of a package share their files: tensorflow and tensorflow-cpu
        seen.add(place)
        try:
            size = os.stat(path).st_size  # noqa: PTH116 - called for thousands
        except OSError:
            continue  # listed in the metadata, but removed since
        yield f"{source.inside}{file}", path, place, size


def _members(folder: Path) -> tuple[str, ...]:
    """A folder's files; site-packages, which may lie inside, are not even looked at."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [
            name for name in folders if name not in ("__pycache__", "site-packages", "dist-packages")
        ]
        found += [Path(parent, name).relative_to(folder).as_posix() for name in names]
    return tuple(sorted(found))


def _rules(owner: str, imported: set[str]) -> list[Rule]:
    rules = [rule for package in package_rules.read_for(owner) for rule in package.exclude]
    return [rule for rule in rules if not is_imported(rule.unless_imported, imported)]


def _is_bundled(file: str, imported: set[str]) -> bool:
    """Whether the rules leave a file of the standard library in."""
    return not any(matches(rule.pattern, file) for rule in _rules("python", imported))


def _left_out(
    files: Iterable[str], rules: list[Rule], imported: set[str], wanted: set[str]
) -> dict[str, Rule]:
    """The files to which a rule applies, each with the rule.

    None of a module that is imported, nor of what lies inside it: importing ``test.support`` keeps ``test``.
    """
    found = {
        file: rule
        for file in files
        if (rule := next((rule for rule in rules if matches(rule.pattern, file)), None))
    }
    kept = _beginnings(wanted | (imported & {_module(file) for file in found}))
    return {file: rule for file, rule in found.items() if not _inside(file).startswith(kept)}


def _inside(file: str) -> str:
    """A file's place below the folder where imports look for it."""
    return file.removeprefix(f"{DYNAMIC}/")


def _module(file: str) -> str:
    """The module that a file is; of other files a name that no module has."""
    if file.endswith(".py"):
        return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    folder, slash, name = _inside(file).rpartition("/")
    return f"{folder}{slash}{name.partition('.')[0]}".replace("/", ".") if _is_native(file) else ""


def _beginnings(modules: Iterable[str]) -> tuple[str, ...]:
    """How the paths of modules and of what lies inside them begin."""
    return tuple(f"{name.replace('.', '/')}{mark}" for name in modules for mark in "./")


def exclusion_rule(module: str) -> Rule:
    """The rule by which `exclude` leaves out a module, or a part that a rule names."""
    return Rule(module, f"`exclude` has {module}", "settings")


def _is_compiled(name: str, compiled: tuple[str, ...]) -> bool:
    module = _module(name)
    return any(module == package or module.startswith(f"{package}.") for package in compiled)


def _kind(owner: str, name: str) -> FileKind:
    if name.endswith(".py"):
        return "module"
    if not _is_native(name):
        return "file"
    keep = [rule for package in package_rules.read_for(owner) for rule in package.keep_symbols]
    if not read_platform().strip or any(matches(rule.pattern, name) for rule in keep):
        return "native"
    return "stripped"


def _is_native(name: str) -> bool:
    return name.endswith(NATIVE_SUFFIXES) or ".so." in name.rpartition("/")[2]


def native_closure(carried: Iterable[BundledFile]) -> tuple[tuple[Library, ...], tuple[tuple[str, str], ...]]:
    """Libraries of the machine that the carried native files and the interpreter need."""
    files = [(c.source, c.destination) for c in carried if c.kind in ("native", "stripped")]
    if sys.platform == "win32":
        return dlls.python_dlls(files)
    interpreter = shared_libraries.libpython()
    if interpreter and interpreter[1]:
        files.append((interpreter[0], interpreter[0].name))
    found, missing = shared_libraries.system_libraries(files)
    if interpreter and interpreter[1]:
        own = shared_libraries.Library(interpreter[0].name, interpreter[0], "the interpreter")
        return (own, *found), missing
    return found, missing
