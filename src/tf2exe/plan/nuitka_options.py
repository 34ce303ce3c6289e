"""The options of Nuitka for a build, without its paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.knowledge.options import Option, read_nuitka_options

if TYPE_CHECKING:
    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.plan.module_placement import ModulePlacement


def compiled_packages(application: Application, modules: tuple[Module, ...]) -> tuple[str, ...]:
    """Installed packages that the settings want compiled; the application's own modules are in any case."""
    own = {module.name for module in modules} | {module.top for module in modules}
    return tuple(name for name in application.settings.compile if name not in own)


def select(
    application: Application, chosen: tuple[ModulePlacement, ...], installed: tuple[str, ...]
) -> tuple[Option, ...]:
    """The options, in order, each with its reason; `installed` are what `packages` gives."""
    options = [
        option
        for option in read_nuitka_options(debug=application.settings.debug)
        if not (option.only == "nothing-compiled" and installed)
    ]
    for placement in chosen:
        name = placement.module.name
        if name == "__main__":
            continue
        if placement.compiled:
            options.append(
                Option(f"--include-module={name}", f"the application's module: {placement.reason}", "source")
            )
        else:
            options.append(Option(f"--nofollow-import-to={name}", placement.reason, "source"))
    for package in installed:
        options.append(Option(f"--include-package={package}", "named by `compile`", "settings"))
        options.append(Option(f"--follow-import-to={package}", "named by `compile`", "settings"))
    jobs = application.settings.jobs
    if jobs:
        options.append(Option(f"--jobs={jobs}", "set by `jobs`", "settings"))
    return tuple(options)
