"""Stage *assemble*: lays out the standalone folder with launcher, native module, bundled files and data."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.assemble import bytecode
from tf2exe.assemble.start_settings import StartSettings, write_start
from tf2exe.compile.entry_module import main_module_source
from tf2exe.config.build_info import BuildInfo
from tf2exe.system import hard_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.stage import CompiledApplication
    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import Agreement, ConvertedModels
    from tf2exe.plan.module_placement import ModulePlacement
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.samples.runner import RunResult


def assemble(
    application: Application,
    plan: BuildPlan,
    compiled: CompiledApplication,
    layer: Layer,
    results: tuple[RunResult, ...],
    *,
    converted: ConvertedModels | None = None,
    agreement: Agreement | None = None,
) -> Path:
    """Lays out the standalone folder; files of the layer are hard links, not copies."""
    target = application.build / "folder"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.name != layout.LIBRARIES:
            hard_links.remove(old)
    hard_links.mirror(layer.folder / "lib", target / "lib")
    own = target / layout.START_FILES
    own.mkdir()
    write_start(own, _start_settings(application, plan.placements))
    (own / layout.MISSING_MODULES).write_text(
        json.dumps({a.module: (a.why, a.remedy) for a in plan.absent}), encoding="utf-8"
    )
    info = BuildInfo(
        name=application.name,
        sourceless=tuple(_sourceless(plan.placements)),
        runtime=application.settings.runtime,
        models=_model_digests(converted),
    )
    info.write(target / layout.BUILD_INFO)
    program = target / application.program
    shutil.copyfile(compiled.launcher, program)
    program.chmod(0o755)
    if compiled.library is not None:
        shutil.copyfile(compiled.library, target / "lib" / compiled.library.name)
    if compiled.module is not None:
        shutil.copyfile(compiled.module, target / compiled.module.name)
    for library in plan.libraries:
        if library.destination == library.name:
            shutil.copyfile(library.path, target / library.name)
    for placement in plan.placements:
        _write_module(application, placement, target)
    for file in plan.data:
        place = target / file.destination
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file.source, place)  # with its permissions: it may be a program
    if application.settings.verify.golden:
        _write_golden(application, results, _tolerance(application, agreement), target / layout.GOLDEN)
    return target


def _start_settings(application: Application, placements: Iterable[ModulePlacement]) -> StartSettings:
    main = next((placement for placement in placements if placement.module.name == "__main__"), None)
    is_bundled = main is not None and main.with_source and not main.compiled
    return StartSettings(
        is_script=application.entry.kind != "package",
        main_file=main.module.path.name if main is not None and is_bundled else "",
        pyinstaller_compat=application.settings.pyinstaller_compat,
        windowed=application.target.is_windows and not application.settings.shows_console,
    )


def _model_digests(converted: ConvertedModels | None) -> dict[str, str]:
    """The models that replace the application's own, with the SHA-256 of each."""
    models = converted.models if converted else ()
    return {model.destination: model.sha256 for model in models if model.replaces}


def _sourceless(placements: tuple[ModulePlacement, ...]) -> Iterator[str]:
    """The modules whose source is not bundled, as the comparison with Python names them."""
    for placement in placements:
        if not placement.with_source:
            name = placement.module.name
            file = f"{name.replace('.', '/')}{'/__init__' if placement.module.is_package else ''}.py"
            yield "<program>" if name == "__main__" else f"<application>/{file}"


def _write_module(application: Application, placement: ModulePlacement, target: Path) -> None:
    """Writes a bundled module, or the source of a compiled one that AutoGraph or a child process reads."""
    if not placement.with_source:
        return
    name = placement.module.name
    if name == "__main__":
        place = target / ("__main__.py" if placement.compiled else placement.module.path.name)
        package = application.entry.target if application.entry.kind == "package" else ""
        place.write_bytes(main_module_source(placement, package))
        if not placement.compiled:
            bytecode.write_module(place, place, base=place.parent, replacements=())
        return
    place = target.joinpath(*name.split("."))
    place = place / "__init__.py" if placement.module.is_package else place.with_suffix(".py")
    place.parent.mkdir(parents=True, exist_ok=True)
    if not placement.compiled:
        bytecode.write_module(
            placement.module.path, place, base=placement.module.path.parent, replacements=()
        )
    else:
        shutil.copyfile(placement.module.path, place)


def _write_golden(
    application: Application, results: tuple[RunResult, ...], tolerance: float, target: Path
) -> None:
    target.mkdir()
    samples = []
    for sample, result in zip(application.samples, results, strict=True):
        sample.copy_inputs(target)
        samples.append(
            {
                "name": sample.name,
                "arguments": list(sample.arguments),
                "exit_code": result.exit_code,
                "stdout": result.stdout.decode("utf-8", "surrogateescape"),
            }
        )
    document = {"format": 1, "tolerance": tolerance, "samples": samples}
    (target / "golden.json").write_text(json.dumps(document, indent=1), encoding="utf-8")


def _tolerance(application: Application, agreement: Agreement | None) -> float:
    """The tolerance on another machine: at least the difference of the converted model to the original."""
    return max(application.settings.verify.tolerance, agreement.largest if agreement else 0.0)
