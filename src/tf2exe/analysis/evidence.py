"""The evidence for rules: what source, settings, samples and bundled packages show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tf2exe.analysis.identifiers import read_identifiers
from tf2exe.analysis.imported_names import imported_modules, is_imported

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.analysis.modules import Module
    from tf2exe.knowledge.rules import Condition
    from tf2exe.trace.footprint import Footprint


@dataclass(frozen=True)
class Evidence:
    """Decides whether rules apply to an application.

    Attributes:
        identifiers: the names in the application's source, and the parts of `include-module`.
        imported: modules that the source or a bundled package imports, a sample loaded, or `include-module`
            names, with their parent packages.
        include_module: the modules that the settings name.
        files: every file that a sample executed, opened, mapped or loaded as a module.
    """

    identifiers: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()
    include_module: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()

    def mentions(self, names: Iterable[str]) -> bool:
        """Whether the source or the settings contain one of some names."""
        return not self.identifiers.isdisjoint(names)

    def imports(self, modules: Iterable[str]) -> bool:
        """Whether one of some modules, with wildcards (``QtQ*``), is imported."""
        return is_imported(modules, self.imported)

    def loaded(self, path: str | Path) -> bool:
        """Whether a sample executed, opened or mapped a file."""
        return str(path) in self.files

    def meets(self, condition: Condition) -> bool:
        """Whether a rule with this condition applies."""
        return not (self.imports(condition.unless_imported) or self.mentions(condition.unless_mentioned))

    def with_imports(self, modules: Iterable[str]) -> Evidence:
        """The evidence with further imported modules, such as those of bundled packages."""
        return replace(self, imported=self.imported.union(modules))

    def without_imports(self, modules: Iterable[str]) -> Evidence:
        """The evidence without modules that the settings exclude."""
        return replace(self, imported=self.imported.difference(modules))


def gather_evidence(
    modules: tuple[Module, ...], footprint: Footprint, include_module: Iterable[str]
) -> Evidence:
    """Gathers the evidence.

    Args:
        modules: the application's modules.
        footprint: what its samples loaded.
        include_module: the modules that the settings name.
    """
    named = frozenset(include_module)
    parts = {part for module in named for part in module.split(".")}
    return Evidence(
        identifiers=frozenset(parts).union(*(read_identifiers(module.path) for module in modules)),
        imported=frozenset(imported_modules(modules, footprint, named)),
        include_module=named,
        files=frozenset(footprint.files),
    )
