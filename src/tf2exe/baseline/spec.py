"""Writes the `.spec` file that an experienced user of PyInstaller would write for an application.

It has everything that the settings and the samples show: data files that the samples read, hidden imports,
modules whose source AutoGraph reads. The *tuned* variant also excludes the files that tf2exe leaves out of
the same packages, and strips the libraries that can be stripped: both builds use the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tf2exe.knowledge import glob, package_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.config.application import Application
    from tf2exe.config.settings import Mode
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.trace.footprint import Footprint

HEAD = """\
# -*- mode: python ; coding: utf-8 -*-
# {name}, as an experienced user of PyInstaller would build it; written by `tf2exe baseline`.
# PyInstaller's own hooks find packages, libraries and data. UPX is off: it damages native libraries
# (PyInstaller issues 1565 and 4178) and makes every start slower.
"""

TUNING = """
# Tuned: the files that tf2exe leaves out of these packages (tests, headers, stubs) are excluded here, too,
# unless a sample used them.
import re

UNWANTED = re.compile({unwanted!r})
USED = {used}


def wanted(entries):
    return [e for e in entries if e[0] in USED or not UNWANTED.match(e[0].replace("\\\\", "/"))]


a.binaries = wanted(a.binaries)
a.datas = wanted(a.datas)
a.pure = [
    entry for entry in a.pure if entry[0] in USED or not UNWANTED.match(entry[0].replace(".", "/") + ".py")
]

# Libraries that auditwheel repaired do not load after they are stripped; data files are not stripped.
UNSTRIPPED = re.compile({unstripped!r})
a.datas += [(name, path, "DATA") for name, path, _ in a.binaries if UNSTRIPPED.match(name)]
a.binaries = [entry for entry in a.binaries if not UNSTRIPPED.match(entry[0])]
"""


@dataclass(frozen=True)
class Variant:
    """The options of a build with PyInstaller.

    Attributes:
        name: the name in reports.
        mode: onefile, or standalone (onedir in PyInstaller).
        tuned: whether files are excluded or stripped that PyInstaller bundles unchanged by default.
    """

    name: str
    mode: Mode
    tuned: bool


VARIANTS = (
    Variant("onedir", "standalone", tuned=False),
    Variant("onefile", "onefile", tuned=False),
    Variant("tuned-onedir", "standalone", tuned=True),
    Variant("tuned-onefile", "onefile", tuned=True),
)


def spec_text(
    application: Application, plan: BuildPlan, footprint: Footprint, variant: Variant, script: Path
) -> str:
    """The text of the spec file.

    Args:
        application: the application.
        plan: the plan of tf2exe for it.
        footprint: what the samples loaded; the tuned variant keeps these files.
        variant: the options of the build.
        script: the path of the entry script, which is written if the entry is a package or a function.
    """
    same_name = [f for f in plan.data if PurePosixPath(f.destination).name == f.source.name]
    renamed = [f for f in plan.data if f not in same_name]
    datas = [(str(f.source), PurePosixPath(f.destination).parent.as_posix()) for f in same_name]
    analysis = {
        "pathex": [str(root) for root in application.roots],
        "binaries": [],
        "datas": datas,
        "hiddenimports": _hidden_imports(application, plan),
        "hookspath": [],
        "runtime_hooks": [],
        "excludes": _excludes(application, plan, tuned=variant.tuned),
        "noarchive": False,
        "module_collection_mode": _collection_modes(plan),
    }
    entry = _entry_script(application, script)
    lines = [
        HEAD.format(name=application.name),
        f"a = Analysis(\n    [{str(entry)!r}],",
        *_lines(analysis),
        ")",
    ]
    if renamed:
        entries = [(f.destination, str(f.source), "DATA") for f in renamed]
        lines.append(f"a.datas += {_block(entries)}")
    if variant.tuned:
        lines.append(_tuning(plan, footprint))
    return "\n".join([*lines, "pyz = PYZ(a.pure)", *_outputs(application, variant)]) + "\n"


def _outputs(application: Application, variant: Variant) -> list[str]:
    settings = application.settings
    icon = str(application.project / settings.icon) if settings.icon else None
    # On Windows there is nothing to strip, and no `strip`.
    strip = variant.tuned and not application.target.is_windows
    options = {
        "name": application.name,
        "debug": False,
        "strip": strip,
        "upx": False,
        "console": settings.shows_console,
        "icon": icon,
    }
    if variant.mode == "onefile":
        return ["exe = EXE(\n    pyz,\n    a.scripts,\n    a.binaries,\n    a.datas,", *_lines(options), ")"]
    collected = {"name": application.name, "strip": strip, "upx": False}
    return [
        "exe = EXE(\n    pyz,\n    a.scripts,\n    exclude_binaries=True,",
        *_lines(options),
        ")",
        "coll = COLLECT(\n    exe,\n    a.binaries,\n    a.datas,",
        *_lines(collected),
        ")",
    ]


def _entry_script(application: Application, script: Path) -> Path:
    """The script that PyInstaller starts from; for a package or a function it is written to ``script``."""
    entry = application.entry
    if entry.kind == "script":
        return Path(entry.target)
    if entry.kind == "package":
        text = f'import runpy\n\nrunpy.run_module("{entry.target}", run_name="__main__", alter_sys=True)\n'
    else:
        module, _, function = entry.target.partition(":")
        text = f"import sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n"
    script.write_text(text, encoding="utf-8")
    return script


def _hidden_imports(application: Application, plan: BuildPlan) -> list[str]:
    """Hidden imports of the settings, and the application's modules, some of which only samples show."""
    own = [placement.module.name for placement in plan.placements if placement.module.name != "__main__"]
    main = [f"{application.entry.target}.__main__"] if application.entry.kind == "package" else []
    return list(dict.fromkeys([*application.settings.include_module, *own, *main]))


def _collection_modes(plan: BuildPlan) -> dict[str, str]:
    """The modules that are bundled with source, because AutoGraph reads it."""
    return {
        f.module.name: "py+pyz" for f in plan.placements if not f.compiled and f.module.name != "__main__"
    }


def _excludes(application: Application, plan: BuildPlan, *, tuned: bool) -> list[str]:
    """The modules that the settings exclude; if tuned, also requirements that packages do not need.

    Excludable parts such as ``numpy.linalg`` are not among them: PyInstaller cannot leave out the library of
    a module that NumPy imports.
    """
    tops: dict[str, list[str]] = {}
    for top, names in metadata.packages_distributions().items():
        for name in names:
            tops.setdefault(canonicalize_name(name), []).append(top)
    excluded = [
        module
        for name in application.settings.exclude
        if name not in package_rules.excludable_parts()
        for module in tops.get(canonicalize_name(name), [name])
    ]
    bundled = {chosen.name for chosen in plan.distributions}
    if tuned:
        for chosen in plan.distributions:
            for rule in (
                rule
                for package in package_rules.read_for(chosen.name)
                for rule in package.unneeded_requirements
            ):
                if rule.name not in bundled:
                    excluded += [top for top in tops.get(rule.name, ()) if top.isidentifier()]
    return sorted(dict.fromkeys(excluded))


def _tuning(plan: BuildPlan, footprint: Footprint) -> str:
    # PyInstaller bundles only imported modules of the standard library. Its rules would match packages here.
    rules = [item.rule.pattern for item in plan.excluded if item.owner != "python"]
    names = ["python", *(chosen.name for chosen in plan.distributions)]
    packages = {package for name in names for package in package_rules.read_for(name)}
    keep_symbols = sorted({rule.pattern for package in packages for rule in package.keep_symbols})
    unwanted = _any_of(rules)
    bases = {chosen.base for chosen in plan.distributions}
    used = {
        Path(path).relative_to(base).as_posix()
        for path in footprint.files
        for base in bases
        if Path(path).is_relative_to(base)
    }
    matching = {name for name in used if any(glob.matches(rule, name) for rule in rules)}
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in matching}
    keep = _block(sorted(matching | modules)) if matching else "()"
    return TUNING.format(unwanted=unwanted, used=keep, unstripped=_any_of(keep_symbols))


def _any_of(rules: Iterable[str]) -> str:
    """One regular expression for several patterns. Without patterns it matches nothing."""
    parts = [glob.translate(rule).pattern for rule in dict.fromkeys(rules)]
    return "|".join(f"(?:{part})" for part in parts) or "(?!)"


def _lines(options: dict[str, object]) -> list[str]:
    return [f"    {key}={_block(value, 1)}," for key, value in options.items()]


def _block(value: object, depth: int = 0) -> str:
    """A list or dict on several lines, with a comma after each item; other values on one line."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{inner}{item!r},\n" for item in value) + f"{outer}]"
    if isinstance(value, dict) and value:
        return "{\n" + "".join(f"{inner}{key!r}: {item!r},\n" for key, item in value.items()) + f"{outer}}}"
    return repr(value)
