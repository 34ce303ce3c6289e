"""Finds the reasons why something is in a build, in its `plan.json`."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from tf2exe.knowledge.glob import matches

if TYPE_CHECKING:
    from tf2exe.plan.plan_json import PlanDocument, PlannedModule
    from tf2exe.report.stage import Report

MOST_FILES = 20


def find_reasons(what: str, plan: PlanDocument, report: Report | None) -> list[str]:
    """Every reason that the plan gives for a module, package, file, option or setting.

    Args:
        what: a name, a path inside the build, or an option with or without its value.
        plan: of the last build.
        report: of the last build; None: the build failed.

    Returns:
        One line for each reason; empty: the plan does not have the name.
    """
    answers = [
        *_modules(what, plan),
        *_options(what, plan),
        *_settings(what, report),
        *_distributions(what, plan),
        *_files(what, plan),
        *_forwarders(what, plan),
        *_patched(what, plan),
        *_excluded(what, plan),
        *_unneeded(what, plan),
    ]
    return answers or _absent(what, plan)


def _modules(what: str, plan: PlanDocument) -> list[str]:
    return [f"{module.name}: {module.reason}" for module in plan.modules if what in _names(module)]


def _names(module: PlannedModule) -> tuple[str, ...]:
    """The names of a module that a user may give; a script also has that of its file."""
    if module.name != "__main__" or not module.source:
        return (module.name,)
    script = PurePath(module.source)
    return module.name, script.name, script.stem


def _options(what: str, plan: PlanDocument) -> list[str]:
    return [
        f"{each.option}: {each.reason} ({each.origin})"
        for each in plan.options
        if what in (each.option, each.option.partition("=")[0], each.option.lstrip("-").partition("=")[0])
    ]


def _settings(what: str, report: Report | None) -> list[str]:
    key = what.lstrip("-")
    settings = report.settings if report else ()
    return [f"{each.key} = {each.value}: {each.origin}" for each in settings if each.key == key]


def _distributions(what: str, plan: PlanDocument) -> list[str]:
    found = []
    for chosen in plan.distributions:
        if what.lower().replace("_", "-") == chosen.name:
            sizes = [file.size for file in plan.files if file.owner == chosen.name]
            found.append(
                f"{chosen.name} {chosen.version}: bundled, {len(sizes):,} files, {sum(sizes) / 1e6:,.1f} MB: "
                f"{chosen.reason}"
            )
    return found


def _files(what: str, plan: PlanDocument) -> list[str]:
    as_path = what.replace(".", "/")
    endings = (f"/{what}", f"/{as_path}.py", f"/{as_path}/__init__.py")
    found = [
        f"{file.path}: bundled ({file.kind}, {file.size:,} bytes) with {file.owner}: {file.reason}"
        for file in plan.files
        if file.path == what or file.path.endswith(endings)
    ]
    treated = [("local symbols", each) for each in plan.local_symbols]
    treated += [("preloaded while the interpreter starts", each) for each in plan.preloaded]
    found += [
        f"{each.path}: {done}: {each.reason} ({each.origin})"
        for done, each in treated
        if each.path == what or each.path.endswith(endings)
    ]
    found += [f"{file.path}: {file.reason}" for file in plan.data if what in (file.path, file.source)]
    found += [f"{each.path}: {each.reason}" for each in plan.libraries if what in (each.name, each.path)]
    found += [
        f"{each.name}: not found on the build machine; required by {each.required_by}"
        for each in plan.missing_libraries
        if each.name == what
    ]
    return found[:MOST_FILES]


def _forwarders(what: str, plan: PlanDocument) -> list[str]:
    """Libraries that are loaded at the first call, by the names of library, forwarder and part."""
    found = []
    for each in plan.forwarders:
        paths = [path for path in (each.path, each.library) if path]
        if what == each.part or any(path == what or path.endswith(f"/{what}") for path in paths):
            does = f"loads {each.library}" if each.library else "ends the program"
            reason = f"{each.reason} ({each.origin})"
            found.append(f"{each.path}: a forwarder, which {does} at the first call: {reason}")
    return found


def _excluded(what: str, plan: PlanDocument) -> list[str]:
    path = what.removeprefix("lib/packages/").removeprefix("lib/python/")
    candidates = (path, f"{path.replace('.', '/')}.py", f"{path.replace('.', '/')}/__init__.py")
    return [
        f"{what}: excluded from {each.owner} by '{each.pattern}' "
        f"({each.files:,} files, {each.size / 1e6:.1f} MB): {each.reason} ({each.origin})"
        for each in plan.excluded
        if each.pattern == what
        or any(matches(each.pattern, candidate) for candidate in candidates)
        or _is_name(what, each.pattern)
    ]


def _is_name(what: str, pattern: str) -> bool:
    """Whether a pattern matches files of this name in any folder."""
    name = pattern.rpartition("/")[2]
    return not name.startswith("*") and matches(name, what)


def _patched(what: str, plan: PlanDocument) -> list[str]:
    path = what.removeprefix("lib/packages/").removeprefix("lib/python/")
    return [
        f"{patch.file}: bundled with a patch: {patch.reason} ({patch.origin})"
        for patch in plan.patches
        if patch.file in (path, f"{path.replace('.', '/')}.py")
    ]


def _unneeded(what: str, plan: PlanDocument) -> list[str]:
    name = what.lower().replace("_", "-")
    return [
        f"{each.name}: not bundled although it is a declared requirement: {each.reason} ({each.origin})"
        for each in plan.unneeded_requirements
        if each.name == name
    ]


def _absent(what: str, plan: PlanDocument) -> list[str]:
    top = what.partition(".")[0]
    return [
        f"{what}: not bundled: {each.why}; {each.remedy}{what}"
        for each in plan.absent
        if each.module == top and each.why
    ]
