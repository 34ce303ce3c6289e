"""Stage *report*: what did we get? JSON for machines."""

from __future__ import annotations

import json
import platform
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tf2exe import __version__
from tf2exe.config.application import program_name
from tf2exe.native.shared_libraries import minimum_glibc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.stage import Compiled
    from tf2exe.config.application import Application
    from tf2exe.package.stage import Package
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.verify.stage import Parity


def write(
    application: Application,
    plan: BuildPlan,
    package: Package,
    final: Path,
    *,
    parity: Parity | None,
    toolchain: Toolchain,
    layer: Layer,
    compiled: Compiled,
    seconds: Callable[[], dict[str, float]],
) -> Path:
    """Writes `report.json` into the build folder and returns its path."""
    document: dict[str, Any] = {
        "format": 1,
        "name": application.name,
        "entry": application.entry.target,
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "executable": str(final),
        "mode": package.mode,
        "runtime": application.settings.runtime,
        "models": application.conversion.as_json() if application.conversion else None,
        "target": f"{sys.platform}-{platform.machine()}".replace("win32", "windows"),
        "size": package.size,
        "files": len(package.files),
        "sha256": package.sha256,
        "needs_glibc": _needs_glibc(application, compiled, layer),
        "seconds": {stage: round(value, 2) for stage, value in seconds().items()},
        "versions": {
            "tf2exe": __version__,
            "python": platform.python_version(),
            "nuitka": version("nuitka"),
            **{d.name: d.version for d in plan.distributions},
        },
        "compiler": {"name": toolchain.name, "reason": toolchain.reason},
        "compiled": list(compiled.modules),
        "carried_reused": layer.reused,
        "unmatched_replacements": list(layer.unmatched),
        "settings": [vars(origin) for origin in application.origins],
        "version_info": application.settings.version_info.model_dump(),
        "parity": _parity(parity),
    }
    path = application.build / "report.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def _needs_glibc(application: Application, compiled: Compiled, layer: Layer) -> str:
    single = compiled.launcher.with_name(program_name("onefile"))
    starts = [compiled.launcher, *([single] if application.settings.mode == "onefile" else [])]
    own = minimum_glibc([*starts, *filter(None, [compiled.library, compiled.module])])
    return max(own, layer.needs_glibc, key=lambda version: [int(part) for part in version.split(".") if part])


def _parity(parity: Parity | None) -> dict[str, Any] | None:
    if parity is None:
        return None
    return {
        "same": parity.same,
        "samples": [
            {
                "name": comparison.sample,
                "same": comparison.same,
                "masked": list(comparison.masked),
                "python_seconds": round(python, 3),
                "executable_seconds": round(ours, 3),
            }
            for comparison, python, ours in zip(
                parity.comparisons, parity.python_seconds, parity.executable_seconds, strict=True
            )
        ],
    }
