"""Selects the bundled files: the standard library, packages, native libraries."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tf2exe import layout
from tf2exe.analysis.imported_names import is_standard
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches
from tf2exe.knowledge.platforms import read_platform
from tf2exe.knowledge.rules import Rule
from tf2exe.native import dlls, shared_libraries
from tf2exe.plan import tcl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tf2exe.analysis.evidence import Evidence
    from tf2exe.config.target import Target
    from tf2exe.native.shared_libraries import BundledLibrary
    from tf2exe.plan.distributions import SelectedDistribution

DYNAMIC = "lib-dynload"
"""The folder of the standard library's native modules."""
NATIVE_SUFFIXES = (".so", ".pyd", ".dll", ".dylib")

FileKind = Literal["module", "native", "stripped", "file"]


@dataclass(frozen=True)
class BundledFile:
    """A bundled file.

    Attributes:
        source: the installed file.
        destination: its path relative to the executable's folder.
        owner: the distribution, or ``python``.
        kind: a Python module (source and bytecode), a native file kept as it is, a native file that is
            stripped, or any other file.
        size: in bytes, as installed.
        reason: why it is bundled.
    """

    source: Path
    destination: str
    owner: str
    kind: FileKind
    size: int
    reason: str


@dataclass(frozen=True)
class _Source:
    """A folder of files that may be bundled.

    Attributes:
        owner: the distribution, or ``python``.
        base: the folder.
        files: relative to it, with forward slashes.
        prefix: their folder, relative to the executable's folder.
        reason: why they are bundled.
        inside: the prefix of their names in rules. On Windows, Python's native modules are in another folder;
            rules name them as they are on Linux and in the executable.
    """

    owner: str
    base: Path
    files: tuple[str, ...]
    prefix: str
    reason: str
    inside: str = ""


@dataclass(frozen=True)
class ExcludedFiles:
    """The files of a distribution that a rule excludes: their number, and their size in bytes."""

    owner: str
    rule: Rule
    files: int
    size: int


def select(
    distributions: Iterable[SelectedDistribution],
    evidence: Evidence,
    *,
    target: Target,
    compiled: tuple[str, ...] = (),
    excluded: Iterable[str] = (),
) -> tuple[tuple[BundledFile, ...], tuple[ExcludedFiles, ...]]:
    """The files of the distributions and of the standard library, without those that rules exclude.

    A file that a sample used is bundled even if a rule excludes it, unless the rule has `even_if_loaded`. So
    are modules that are imported or that `include-module` names, with everything inside them.

    Args:
        distributions: the bundled distributions.
        evidence: decides which rules apply.
        target: the platform that is built for.
        compiled: packages that are compiled. Their Python files are not bundled.
        excluded: parts of packages, and modules of the standard library, that are not bundled at all.
    """
    excluded = set(excluded)
    evidence = evidence.without_imports(excluded)
    by_setting = [
        (_path_prefixes([name]), exclusion_rule(name))
        for name in excluded
        if "." in name or is_standard(name)
    ]
    bundled: list[BundledFile] = []
    seen: set[str] = set()
    counts: dict[tuple[str, Rule], list[int]] = defaultdict(lambda: [0, 0])
    for source in _sources(distributions, target, with_tcl=_is_bundled("tkinter/__init__.py", evidence)):
        owner, files = source.owner, list(_files(source, seen))
        rules = _excluded([name for name, *_ in files], _rules(owner, evidence), evidence)
        for name, path, destination, size in files:
            rule = rules.get(name)
            exclusion = next((rule for starts, rule in by_setting if _inside(name).startswith(starts)), None)
            if evidence.loaded(path) and not (rule and rule.even_if_loaded):
                rule = None
            if rule := exclusion or rule:
                counts[owner, rule][0] += 1
                counts[owner, rule][1] += size
            elif not (name.endswith(".py") and _is_compiled(name, compiled)):
                kind = _kind(owner, name, target)
                bundled.append(BundledFile(Path(path), destination, owner, kind, size, source.reason))
    exclusions = tuple(ExcludedFiles(owner, rule, *count) for (owner, rule), count in counts.items())
    return tuple(bundled), exclusions


def is_named(file: BundledFile, pattern: str) -> bool:
    """Whether a pattern of a rule, relative to the folder of packages, matches a file."""
    return matches(f"{layout.PACKAGES}/{pattern}", file.destination)


def _sources(
    distributions: Iterable[SelectedDistribution], target: Target, *, with_tcl: bool
) -> Iterator[_Source]:
    standard = Path(sysconfig.get_path("stdlib"))
    yield _Source("python", standard, _members(standard), layout.PYTHON, "the standard library")
    if target.is_windows:
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
    """For each file that is not seen yet: its name in rules, path, destination and size."""
    for file in source.files:
        destination, path = f"{source.prefix}/{file}", f"{source.base}/{file}".replace("/", os.sep)
        if destination in seen:
            continue  # two builds of a package share their files: tensorflow and tensorflow-cpu
        seen.add(destination)
        try:
            size = os.stat(path).st_size  # noqa: PTH116 - called for thousands
        except OSError:
            continue  # listed in the metadata, but removed since
        yield f"{source.inside}{file}", path, destination, size


def _members(folder: Path) -> tuple[str, ...]:
    """The files of a folder, without bytecode caches and without site-packages, which may be inside."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [
            name for name in folders if name not in ("__pycache__", "site-packages", "dist-packages")
        ]
        found += [Path(parent, name).relative_to(folder).as_posix() for name in names]
    return tuple(sorted(found))


def _rules(owner: str, evidence: Evidence) -> list[Rule]:
    rules = [rule for package in package_rules.read_for(owner) for rule in package.exclude]
    return [rule for rule in rules if evidence.meets(rule.condition)]


def _is_bundled(file: str, evidence: Evidence) -> bool:
    """Whether no rule excludes a file of the standard library."""
    return not any(matches(rule.pattern, file) for rule in _rules("python", evidence))


def _excluded(files: Iterable[str], rules: list[Rule], evidence: Evidence) -> dict[str, Rule]:
    """The files that rules exclude, each with its rule.

    Files of an imported module, or inside it, are not excluded: importing ``test.support`` keeps ``test``.
    """
    found = {
        file: rule
        for file in files
        if (rule := next((rule for rule in rules if matches(rule.pattern, file)), None))
    }
    kept = _path_prefixes(evidence.include_module | (evidence.imported & {_module(file) for file in found}))
    return {file: rule for file, rule in found.items() if not _inside(file).startswith(kept)}


def _inside(file: str) -> str:
    """The path of a file relative to the entry of `sys.path` that has it."""
    return file.removeprefix(f"{DYNAMIC}/")


def _module(file: str) -> str:
    """The name of the module in a file; empty if there is none."""
    if file.endswith(".py"):
        return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    folder, slash, name = _inside(file).rpartition("/")
    return f"{folder}{slash}{name.partition('.')[0]}".replace("/", ".") if _is_native(file) else ""


def _path_prefixes(modules: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of the paths of modules and of the files inside them."""
    return tuple(f"{name.replace('.', '/')}{mark}" for name in modules for mark in "./")


def exclusion_rule(module: str) -> Rule:
    """The rule for a module, or a part of a package, that the setting `exclude` names."""
    return Rule(module, f"`exclude` has {module}", "settings")


def _is_compiled(name: str, compiled: tuple[str, ...]) -> bool:
    module = _module(name)
    return any(module == package or module.startswith(f"{package}.") for package in compiled)


def _kind(owner: str, name: str, target: Target) -> FileKind:
    if name.endswith(".py"):
        return "module"
    if not _is_native(name):
        return "file"
    keep = [rule for package in package_rules.read_for(owner) for rule in package.keep_symbols]
    if not read_platform(target.system).strip or any(matches(rule.pattern, name) for rule in keep):
        return "native"
    return "stripped"


def _is_native(name: str) -> bool:
    return name.endswith(NATIVE_SUFFIXES) or ".so." in name.rpartition("/")[2]


def native_closure(
    bundled: Iterable[BundledFile], target: Target
) -> tuple[tuple[BundledLibrary, ...], tuple[tuple[str, str], ...]]:
    """Libraries of the build machine that native files and the interpreter need, and missing ones."""
    files = [(c.source, c.destination) for c in bundled if c.kind in ("native", "stripped")]
    if target.is_windows:
        return dlls.python_dlls(files)
    interpreter = shared_libraries.libpython()
    if interpreter and interpreter[1]:
        files.append((interpreter[0], interpreter[0].name))
    found, missing = shared_libraries.find_system_libraries(files)
    if interpreter and interpreter[1]:
        own = shared_libraries.BundledLibrary(interpreter[0].name, interpreter[0], "the interpreter")
        return (own, *found), missing
    return found, missing
