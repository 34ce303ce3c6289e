"""Which modules of the application are compiled to C, and which are bundled as bytecode with their source?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.knowledge import package_rules

if TYPE_CHECKING:
    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint


@dataclass(frozen=True)
class ModulePlacement:
    """A module of the application: compiled to C, or bundled as bytecode.

    Attributes:
        module: the module.
        compiled: whether it is compiled.
        with_source: whether its source is bundled.
        reason: why.
    """

    module: Module
    compiled: bool
    with_source: bool
    reason: str


def own_modules(application: Application, footprint: Footprint) -> set[str]:
    """Modules in the application's folders that a sample loaded or that `include-module` names."""
    names = set(application.settings.include_module)
    prefix = Path(sys.prefix).resolve()
    for name, file in footprint.modules:
        path = Path(file)
        inside = any(path.is_relative_to(root) for root in application.roots)
        if (
            file
            and inside
            and not path.is_relative_to(prefix)
            and name != "__main__"
            and path.suffix == ".py"
        ):
            names.add(name)
    return names


def place_modules(
    application: Application, modules: tuple[Module, ...], footprint: Footprint
) -> tuple[ModulePlacement, ...]:
    """Compiles every module except those that AutoGraph reads; bundles sources that it may read."""
    converted = _converted(application, modules, footprint)
    reached = _reached(modules, set(converted))
    spawning = _uses_processes(modules)
    placements = []
    for module in modules:
        if module.name in converted:
            placements.append(
                ModulePlacement(module, compiled=False, with_source=True, reason=converted[module.name])
            )
            continue
        if module.name in reached:
            importer = reached[module.name]
            reason = (
                f"compiled to C; its source is bundled because {importer}, may pass its functions to "
                "AutoGraph"
            )
        elif module.name == "__main__" and spawning:
            reason = (
                f"compiled to C; its source is bundled because {spawning} starts processes, which run it "
                "again"
            )
        else:
            placements.append(
                ModulePlacement(
                    module,
                    compiled=True,
                    with_source=application.settings.sources == "all",
                    reason="compiled to C",
                )
            )
            continue
        placements.append(
            ModulePlacement(
                module, compiled=True, with_source=application.settings.sources != "none", reason=reason
            )
        )
    return tuple(placements)


def _converted(application: Application, modules: tuple[Module, ...], footprint: Footprint) -> dict[str, str]:
    """Modules that use AutoGraph: the source says so, or AutoGraph read them while a sample ran."""
    autograph = package_rules.autograph_names()
    if autograph is None:
        return {}
    read = {
        Path(path)
        for path, reader in footprint.read_as_source
        if autograph.reader in reader.replace("\\", "/")
    }
    forced = set(application.settings.compile)
    found = {}
    for module in modules:
        if module.name in forced or (module.name == "__main__" and module.path.stem in forced):
            continue
        if module.autograph_uses:
            line, what = module.autograph_uses[0]
            found[module.name] = f"{module.path.name}, line {line}, uses {what}: {autograph.reason}"
        elif module.path in read:
            found[module.name] = f"AutoGraph read {module.path.name} while a sample ran: {autograph.reason}"
    return found


def _reached(modules: tuple[Module, ...], starts: set[str]) -> dict[str, str]:
    """Modules that a converted one imports, directly or not: their functions may be called in a graph."""
    by_name = {module.name: module for module in modules}
    found: dict[str, str] = {}
    waiting = sorted(starts)
    while waiting:
        importer = by_name[waiting.pop()]
        for item in importer.imports:
            if item.module in by_name and item.module not in found and item.module not in starts:
                found[item.module] = f"{importer.path.name}, which imports it"
                waiting.append(item.module)
    return found


def _uses_processes(modules: tuple[Module, ...]) -> str:
    """The file that may start processes: it imports multiprocessing, or futures without saying which."""
    for module in modules:
        named = {item.line for item in module.imports if item.module.startswith("concurrent.futures.")}
        for item in module.imports:
            whole = item.module == "concurrent.futures" and item.line not in named
            if whole or item.module.startswith(("multiprocessing", "concurrent.futures.ProcessPool")):
                return module.path.name
    return ""
