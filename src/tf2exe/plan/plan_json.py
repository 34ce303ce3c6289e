"""The plan as a document, `plan.json`: for `tf2exe explain`, and for comparing builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tf2exe.knowledge import package_rules
from tf2exe.system.document import Document, DocumentPart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.plan.local_symbols import LocalSymbols
    from tf2exe.plan.preloads import Preload
    from tf2exe.plan.stage import BuildPlan

FILE = "plan.json"


class PlannedModule(DocumentPart):
    """A module of the application: compiled to C, or bundled as bytecode."""

    name: str
    source: str
    placement: Literal["compiled", "bundled"]
    source_bundled: bool
    reason: str


class PlannedOption(DocumentPart):
    """An option for Nuitka, and the file of `nuitka_options/` that has it."""

    option: str
    reason: str
    origin: str


class PlannedDistribution(DocumentPart):
    """A bundled distribution."""

    name: str
    version: str
    reason: str


class PlannedFile(DocumentPart):
    """A bundled file.

    Attributes:
        path: relative to the executable's folder.
        owner: the distribution, or `python`.
        size: in bytes, as installed.
        kind: a Python module, a native file, one that is stripped, or any other file.
        reason: why it is bundled.
    """

    path: str
    owner: str
    size: int
    kind: Literal["module", "native", "stripped", "file"]
    reason: str


class Exclusion(DocumentPart):
    """The files of a distribution that one rule excluded; `size` in bytes."""

    owner: str
    pattern: str
    files: int
    size: int
    reason: str
    origin: str


class Treatment(DocumentPart):
    """A bundled file that a rule treats in a special way."""

    path: str
    reason: str
    origin: str


class PlannedForwarder(DocumentPart):
    """A library that is loaded at the first call of one of its functions.

    Attributes:
        path: the forwarder.
        library: the library itself; empty: it is excluded.
        part: the module whose work it does.
        reason: why it can wait.
        origin: the file of `nuitka_options/`.
    """

    path: str
    library: str
    part: str
    reason: str
    origin: str


class SystemLibrary(DocumentPart):
    """A library of the build machine that is bundled."""

    name: str
    path: str
    reason: str


class MissingLibrary(DocumentPart):
    """A library that the build machine lacks, and the file that requires it."""

    name: str
    required_by: str


class PlannedData(DocumentPart):
    """A data file of the application."""

    path: str
    source: str
    reason: str


class AbsentModule(DocumentPart):
    """A module that is installed and not bundled; the remedy ends before the module's name."""

    module: str
    why: str
    remedy: str


class Patch(DocumentPart):
    """A change to the text of a bundled file."""

    file: str
    reason: str
    origin: str


class UnneededRequirement(DocumentPart):
    """A declared requirement of a bundled distribution that is not bundled."""

    name: str
    reason: str
    origin: str


class PlanDocument(Document):
    """What is in an executable and what is not, each with its reason.

    Attributes:
        format: the number of this format; in 1 the keys had other names.
        modules: the application's modules, compiled to C or bundled as bytecode.
        options: the options for Nuitka, in order.
        distributions: the bundled distributions.
        files: the bundled files of the distributions and of the standard library, with bytes as installed;
            `stripped`: a native file that is stripped.
        excluded: the files that rules excluded, with number and bytes.
        forwarders: libraries that are loaded at the first call of one of their functions.
        local_symbols: libraries whose private symbols are bound at build time.
        preloaded: native modules that are loaded while the interpreter starts.
        libraries: libraries of the build machine that are bundled.
        missing_libraries: libraries that the build machine lacks.
        data: the application's data files.
        unused_optional: distributions that a sample loaded only because a package looks for them.
        absent: modules that are installed and not bundled; the remedy ends before the module's name.
        patches: changes to the text of bundled files, in all rules.
        unneeded_requirements: declared requirements that are not bundled.
    """

    format: Literal[2] = 2
    modules: tuple[PlannedModule, ...]
    options: tuple[PlannedOption, ...]
    distributions: tuple[PlannedDistribution, ...]
    files: tuple[PlannedFile, ...]
    excluded: tuple[Exclusion, ...]
    forwarders: tuple[PlannedForwarder, ...]
    local_symbols: tuple[Treatment, ...]
    preloaded: tuple[Treatment, ...]
    libraries: tuple[SystemLibrary, ...]
    missing_libraries: tuple[MissingLibrary, ...]
    data: tuple[PlannedData, ...]
    unused_optional: tuple[str, ...]
    absent: tuple[AbsentModule, ...]
    patches: tuple[Patch, ...]
    unneeded_requirements: tuple[UnneededRequirement, ...]


def to_document(plan: BuildPlan) -> PlanDocument:
    """The document of a plan."""
    packages = [package for chosen in plan.distributions for package in package_rules.read_for(chosen.name)]
    return PlanDocument(
        modules=tuple(
            PlannedModule(
                name=placement.module.name,
                source=str(placement.module.path),
                placement="compiled" if placement.compiled else "bundled",
                source_bundled=placement.with_source,
                reason=placement.reason,
            )
            for placement in plan.placements
        ),
        options=tuple(PlannedOption(option=o.flag, reason=o.reason, origin=o.origin) for o in plan.options),
        distributions=tuple(
            PlannedDistribution(name=d.name, version=d.version, reason=d.reason) for d in plan.distributions
        ),
        files=tuple(
            PlannedFile(path=c.destination, owner=c.owner, size=c.size, kind=c.kind, reason=c.reason)
            for c in plan.files
        ),
        excluded=tuple(
            Exclusion(
                owner=item.owner,
                pattern=item.rule.pattern,
                files=item.files,
                size=item.size,
                reason=item.rule.reason,
                origin=item.rule.origin,
            )
            for item in plan.excluded
        ),
        forwarders=tuple(
            PlannedForwarder(
                path=each.destination,
                library=each.real,
                part=each.rule.part,
                reason=each.rule.reason,
                origin=each.rule.origin,
            )
            for each in plan.forwarders
        ),
        local_symbols=_treated(plan.local_symbols),
        preloaded=_treated(plan.preloaded),
        libraries=tuple(
            SystemLibrary(name=x.name, path=x.destination, reason=x.reason) for x in plan.libraries
        ),
        missing_libraries=tuple(
            MissingLibrary(name=name, required_by=file) for name, file in plan.missing_libraries
        ),
        data=tuple(
            PlannedData(path=file.destination, source=str(file.source), reason=file.reason)
            for file in plan.data
        ),
        unused_optional=plan.unused_optional,
        absent=tuple(AbsentModule(module=a.module, why=a.why, remedy=a.remedy) for a in plan.absent),
        patches=tuple(
            Patch(file=r.file, reason=r.reason, origin=r.origin)
            for package in package_rules.read_all()
            for r in package.patches
        ),
        unneeded_requirements=tuple(
            UnneededRequirement(name=u.name, reason=u.reason, origin=u.origin)
            for package in packages
            for u in package.unneeded_requirements
        ),
    )


def _treated(chosen: Iterable[LocalSymbols | Preload]) -> tuple[Treatment, ...]:
    return tuple(
        Treatment(path=one.destination, reason=one.rule.reason, origin=one.rule.origin) for one in chosen
    )
