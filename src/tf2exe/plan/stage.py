"""Stage *plan*: which Nuitka options, which carried files, and why each?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import knowledge
from tf2exe.analysis.modules import Module, always_imported, imported, is_standard, scan
from tf2exe.config.application import DataFile
from tf2exe.errors import ConfigurationError
from tf2exe.knowledge import runtimes
from tf2exe.plan import bundled_files, forwarders, import_timing, module_placement, nuitka_options
from tf2exe.plan.distributions import Chosen, Installed, choose
from tf2exe.plan.local_symbols import LocalSymbols, choose_local_symbols
from tf2exe.plan.package_imports import of_unknown_packages
from tf2exe.system.shipped_files import shipped

if TYPE_CHECKING:
    from tf2exe.config.application import Application
    from tf2exe.knowledge import Option
    from tf2exe.knowledge.rules import OptionalImportRule
    from tf2exe.native.shared_libraries import Library
    from tf2exe.plan.bundled_files import Carried, LeftOut
    from tf2exe.plan.forwarders import Forwarder
    from tf2exe.plan.import_timing import Preload
    from tf2exe.plan.module_placement import Fate
    from tf2exe.trace.footprint import Footprint


ADD_MODULE = "build it again with --include-module "
OTHER_RUNTIME = "build it with --runtime tensorflow, which has "


@dataclass(frozen=True)
class Absent:
    """A module that is installed here but does not travel.

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
        fates: the application's modules.
        options: for Nuitka, in order, without the paths of this build.
        distributions: the carried distributions.
        carried: the carried files (standard library, packages, native libraries).
        left_out: what was left out of them, by rule.
        forwarders: native libraries that are loaded at the first call.
        local_symbols: native libraries whose private C++ symbols become local.
        preloaded: native modules that are loaded before they are imported.
        libraries: libraries of this machine that are carried.
        missing_libraries: (library, who asks for it): not on this machine either.
        data: the application's data files.
        unwanted: distributions that a sample loaded only because a package looks for them.
        absent: modules that are installed here but not carried.
    """

    fates: tuple[Fate, ...]
    options: tuple[Option, ...]
    distributions: tuple[Chosen, ...]
    carried: tuple[Carried, ...]
    left_out: tuple[LeftOut, ...]
    forwarders: tuple[Forwarder, ...]
    local_symbols: tuple[LocalSymbols, ...]
    preloaded: tuple[Preload, ...]
    libraries: tuple[Library, ...]
    missing_libraries: tuple[tuple[str, str], ...]
    data: tuple[DataFile, ...]
    unwanted: tuple[str, ...]
    absent: tuple[Absent, ...]


def plan(application: Application, footprint: Footprint) -> BuildPlan:
    """Decides about every module, package, file and option.

    Raises:
        ConfigurationError: a module of the application is not valid Python, or a named module is missing.
    """
    modules = scan(application, module_placement.own_modules(application, footprint))
    chosen_fates = module_placement.decide(application, modules, footprint)
    _refuse_clash(application, chosen_fates)
    _refuse_other_runtime(application, footprint, modules)
    installed = Installed()
    distributions, unwanted = choose(application, modules, footprint, installed)
    excluded = application.settings.exclude
    compiled_packages = nuitka_options.packages(application, modules)
    present = imported(modules, footprint, application.settings.include_module)
    carried, left_out = bundled_files.select(
        distributions,
        footprint,
        present | of_unknown_packages(distributions),
        compiled_packages,
        application.settings.include_module,
        excluded=[name for name in excluded if name not in knowledge.parts()],
    )
    libraries, missing = bundled_files.native_closure(carried)  # first: later some have other names
    forwarding, carried, also_left_out = forwarders.choose(distributions, carried, excluded)
    return BuildPlan(
        fates=chosen_fates,
        options=nuitka_options.choose(application, chosen_fates, compiled_packages),
        distributions=distributions,
        carried=carried,
        left_out=left_out + also_left_out,
        forwarders=forwarding,
        local_symbols=() if application.settings.debug else choose_local_symbols(modules, carried),
        preloaded=import_timing.preloaded(carried, footprint),
        libraries=libraries,
        missing_libraries=missing,
        data=application.data + _opened_data(application, footprint, installed),
        unwanted=tuple(unwanted),
        absent=_absent(installed, distributions, application.settings.runtime, unwanted),
    )


def _refuse_clash(application: Application, chosen: tuple[Fate, ...]) -> None:
    """A package whose sources travel needs the folder of its name, beside the executable."""
    clash = [fate.module for fate in chosen if fate.with_source and fate.module.top == application.name]
    if sys.platform != "win32" and any(module.is_package or "." in module.name for module in clash):
        raise ConfigurationError(
            f"the executable cannot be named '{application.name}'",
            f"sources of the package '{application.name}' are bundled in a folder of that name beside it",
            f"choose another name, such as --name {application.name}-app",
        )


def _refuse_other_runtime(
    application: Application, footprint: Footprint, modules: tuple[Module, ...]
) -> None:
    """What a runtime leaves out would be missing in the executable: better known before it is built."""
    loaded = {name: "a sample did so" for name, _ in footprint.modules}
    if not application.samples:
        entry = "__main__" if application.entry.source else application.entry.target.partition(":")[0]
        loaded = {
            name.partition(".")[0]: f"{item.importer}, line {item.line}, imports it"
            for name, item in always_imported(modules, entry).items()
        }
    runtime = application.settings.runtime
    for item in runtimes.about(runtime).exclude:
        if item.module in loaded:
            raise ConfigurationError(
                f"the application loads {item.module}",
                f"{loaded[item.module]}, and an executable with the runtime {runtime} does not have it "
                f"({item.reason.rstrip('.')})",
                f"run the model with {runtime} in Python, too (see {shipped('docs/how-to/smaller.md')}), "
                "or build with --runtime tensorflow",
            )


def _opened_data(
    application: Application, footprint: Footprint, installed: Installed
) -> tuple[DataFile, ...]:
    """Files in the application's own folders that a sample read: it will look for them beside its code."""
    known = {file.source for file in application.data}
    destinations = {file.destination for file in application.data}
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


def _why_absent(top: str, names: set[str], unwanted: dict[str, OptionalImportRule]) -> str:
    """Why no distribution that has a module is carried."""
    rule = next((unwanted[name] for name in sorted(names) if name in unwanted), None)
    if rule is None:
        return f"it belongs to {', '.join(sorted(names))}, which no sample and no import statement uses"
    if top in rule.modules:
        return f"{rule.reason.rstrip('.')}; the application's source does not use it"
    return f"only {' or '.join(rule.modules)} imports it, which the application's source does not use"


def _absent(
    installed: Installed,
    chosen: tuple[Chosen, ...],
    runtime: str,
    unwanted: dict[str, OptionalImportRule],
) -> tuple[Absent, ...]:
    """Modules for the message of an executable that misses one."""
    carried = {distribution.name for distribution in chosen}
    excluded = {item.module: item.reason.rstrip(".") for item in runtimes.about(runtime).exclude}
    found = [
        Absent(top, _why_absent(top, names, unwanted), ADD_MODULE)
        for top, names in installed.tops.items()
        if top.isidentifier() and not names & carried and top not in excluded
    ]
    found += [
        Absent(module, f"excluded with the runtime {runtime}: {reason}", OTHER_RUNTIME)
        for module, reason in excluded.items()
    ]
    for rule in (rule for package in knowledge.about("python") for rule in package.exclude):
        # A folder of the standard library, or a native module: lib-dynload/NAME*.
        first, _, second = rule.pattern.partition("/")
        module = second.rstrip("*") if first == "lib-dynload" else first if second == "**" else ""
        if is_standard(module):
            why = f"an excluded part of the standard library: {rule.reason.rstrip('.')}"
            found.append(Absent(module, why, ADD_MODULE))
    return tuple(sorted(found, key=lambda absent: absent.module))
