"""Stage *plan*: which Nuitka options, which bundled files, and why each?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.analysis.evidence import gather_evidence
from tf2exe.analysis.imported_names import is_standard, unconditional_imports
from tf2exe.analysis.installed import InstalledDistributions
from tf2exe.analysis.modules import Module, find_modules
from tf2exe.config.application import DataFile
from tf2exe.errors import ConfigurationError
from tf2exe.knowledge import package_rules, runtimes
from tf2exe.plan import bundled_files, forwarders, module_placement, nuitka_options, preloads
from tf2exe.plan.distributions import SelectedDistribution, select_distributions
from tf2exe.plan.local_symbols import LocalSymbols, select_local_symbols
from tf2exe.plan.package_imports import of_unknown_packages
from tf2exe.system.shipped_files import shipped_path

if TYPE_CHECKING:
    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import ConvertedModels
    from tf2exe.knowledge.options import Option
    from tf2exe.knowledge.rules import OptionalImportRule
    from tf2exe.native.shared_libraries import BundledLibrary
    from tf2exe.plan.bundled_files import BundledFile, ExcludedFiles
    from tf2exe.plan.forwarders import Forwarder
    from tf2exe.plan.module_placement import ModulePlacement
    from tf2exe.plan.preloads import Preload
    from tf2exe.trace.footprint import Footprint


ADD_MODULE = "build it again with --include-module "
OTHER_RUNTIME = "build it with --runtime tensorflow, which has "


@dataclass(frozen=True)
class AbsentModule:
    """A module that is installed and not bundled.

    Attributes:
        module: its top-level name.
        why: the reason.
        remedy: what to do, up to the module's name.
    """

    module: str
    why: str
    remedy: str


@dataclass(frozen=True)
class BuildPlan:
    """Everything that will be in the executable, each with its reason.

    Attributes:
        placements: the application's modules.
        options: for Nuitka, in order, without the paths of this build.
        distributions: the bundled distributions.
        files: the bundled files of the standard library and of the distributions.
        excluded: the files of these that are not bundled, by rule.
        forwarders: native libraries that are loaded at the first call.
        local_symbols: native libraries whose private C++ symbols become local.
        preloaded: native modules that a thread loads while the interpreter starts.
        libraries: libraries of the build machine that are bundled.
        missing_libraries: (library, the file that requires it): not on the build machine.
        data: the application's data files.
        unused_optional: distributions that a sample loaded only because a package looks for them.
        absent: modules that are installed and not bundled.
    """

    placements: tuple[ModulePlacement, ...]
    options: tuple[Option, ...]
    distributions: tuple[SelectedDistribution, ...]
    files: tuple[BundledFile, ...]
    excluded: tuple[ExcludedFiles, ...]
    forwarders: tuple[Forwarder, ...]
    local_symbols: tuple[LocalSymbols, ...]
    preloaded: tuple[Preload, ...]
    libraries: tuple[BundledLibrary, ...]
    missing_libraries: tuple[tuple[str, str], ...]
    data: tuple[DataFile, ...]
    unused_optional: tuple[str, ...]
    absent: tuple[AbsentModule, ...]


def plan(
    application: Application, footprint: Footprint, converted: ConvertedModels | None = None
) -> BuildPlan:
    """Decides about every module, package, file and option.

    Args:
        application: the application.
        footprint: what its samples loaded.
        converted: has the data files; None: the application's own.

    Raises:
        ConfigurationError: a module of the application is not valid Python, or a named module is missing.
    """
    modules = find_modules(application, module_placement.own_modules(application, footprint))
    placements = module_placement.place_modules(application, modules, footprint)
    _refuse_name_clash(application, placements)
    _refuse_other_runtime(application, footprint, modules)
    installed = InstalledDistributions()
    data = converted.data if converted else application.data
    settings = application.settings
    evidence = gather_evidence(modules, footprint, settings.include_module)
    distributions, unused = select_distributions(application, modules, footprint, evidence, installed)
    compiled_packages = nuitka_options.compiled_packages(application, modules)
    files, excluded = bundled_files.select(
        distributions,
        evidence.with_imports(of_unknown_packages(distributions)),
        target=application.target,
        compiled=compiled_packages,
        excluded=[name for name in settings.exclude if name not in package_rules.excludable_parts()],
    )
    # Before forwarders.select renames some files.
    libraries, missing = bundled_files.native_closure(files, application.target)
    forwarding, files, libraries_excluded = forwarders.select(distributions, files, settings.exclude)
    return BuildPlan(
        placements=placements,
        options=nuitka_options.select(application, placements, compiled_packages),
        distributions=distributions,
        files=files,
        excluded=excluded + libraries_excluded,
        forwarders=forwarding,
        local_symbols=() if settings.debug else select_local_symbols(files, evidence),
        preloaded=preloads.select(files, evidence, application.target),
        libraries=libraries,
        missing_libraries=missing,
        data=data + _opened_data(application, data, footprint, installed),
        unused_optional=tuple(unused),
        absent=_absent(installed, distributions, settings.runtime, unused),
    )


def _refuse_name_clash(application: Application, placements: tuple[ModulePlacement, ...]) -> None:
    """A package with bundled sources needs a folder of its name next to the executable."""
    clash = [
        placement.module
        for placement in placements
        if placement.with_source and placement.module.top == application.name
    ]
    if not application.target.is_windows and any(module.is_package or "." in module.name for module in clash):
        raise ConfigurationError(
            f"the executable cannot be named '{application.name}'",
            f"sources of the package '{application.name}' are bundled in a folder of that name beside it",
            f"choose another name, such as --name {application.name}-app",
        )


def _refuse_other_runtime(
    application: Application, footprint: Footprint, modules: tuple[Module, ...]
) -> None:
    """Refuses a program that loads a package that the runtime excludes, before anything is compiled."""
    loaded = {name: "a sample did so" for name, _ in footprint.modules}
    if not application.samples:
        entry = "__main__" if application.entry.source else application.entry.target.partition(":")[0]
        loaded = {
            name.partition(".")[0]: f"{item.importer}, line {item.line}, imports it"
            for name, item in unconditional_imports(modules, entry).items()
        }
    runtime = application.settings.runtime
    for item in runtimes.read_rules(runtime).exclude:
        if item.module in loaded:
            raise ConfigurationError(
                f"the application loads {item.module}",
                f"{loaded[item.module]}, and an executable with the runtime {runtime} does not have it "
                f"({item.reason.rstrip('.')})",
                f"run the model with {runtime} in Python, too "
                f"(see {shipped_path('docs/how-to/smaller.md')}), or build with --runtime tensorflow",
            )


def _opened_data(
    application: Application,
    data: tuple[DataFile, ...],
    footprint: Footprint,
    installed: InstalledDistributions,
) -> tuple[DataFile, ...]:
    """Files of the application that a sample read: the executable looks for them next to its code."""
    known = {file.source for file in data}
    destinations = {file.destination for file in data}
    unwanted = (application.build, application.output, Path(sys.prefix).resolve())
    found = {}
    for text in footprint.opened:
        path = Path(text)
        base = next((root for root in application.roots if path.is_relative_to(root)), None)
        if base is None or path in known or not path.is_file() or text.replace("\\", "/") in installed.owner:
            continue
        inside = path.relative_to(base)
        if any(path.is_relative_to(folder) for folder in unwanted) or inside.parts[0].startswith("."):
            continue
        if inside.as_posix() in destinations:
            continue  # the settings put another file there
        found[path] = DataFile(path, inside.as_posix(), "a sample read it from the application's folder")
    return tuple(found[path] for path in sorted(found))


def _why_absent(top: str, names: set[str], unused: dict[str, OptionalImportRule]) -> str:
    """Why no distribution that has the module is bundled."""
    rule = next((unused[name] for name in sorted(names) if name in unused), None)
    if rule is None:
        return f"it belongs to {', '.join(sorted(names))}, which no sample and no import statement uses"
    if top in rule.modules:
        return f"{rule.reason.rstrip('.')}; the application's source does not use it"
    return f"only {' or '.join(rule.modules)} imports it, which the application's source does not use"


def _absent(
    installed: InstalledDistributions,
    distributions: tuple[SelectedDistribution, ...],
    runtime: str,
    unused: dict[str, OptionalImportRule],
) -> tuple[AbsentModule, ...]:
    """The modules that an executable names in its message about a missing module."""
    bundled = {distribution.name for distribution in distributions}
    excluded = {item.module: item.reason.rstrip(".") for item in runtimes.read_rules(runtime).exclude}
    found = [
        AbsentModule(top, _why_absent(top, names, unused), ADD_MODULE)
        for top, names in installed.by_top_level.items()
        if top.isidentifier() and not names & bundled and top not in excluded
    ]
    found += [
        AbsentModule(module, f"excluded with the runtime {runtime}: {reason}", OTHER_RUNTIME)
        for module, reason in excluded.items()
    ]
    for rule in (rule for package in package_rules.read_for("python") for rule in package.exclude):
        # A folder of the standard library, or a native module: lib-dynload/NAME*.
        first, _, second = rule.pattern.partition("/")
        module = second.rstrip("*") if first == "lib-dynload" else first if second == "**" else ""
        if is_standard(module):
            why = f"an excluded part of the standard library: {rule.reason.rstrip('.')}"
            found.append(AbsentModule(module, why, ADD_MODULE))
    return tuple(sorted(found, key=lambda absent: absent.module))
