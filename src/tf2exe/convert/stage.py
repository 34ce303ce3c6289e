"""Stage *convert*: which models does the runtime compute, and how far do they answer like the originals?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tf2exe.config.application import DataFile
from tf2exe.config.conversion import Conversion, converted_files
from tf2exe.convert.runtimes import calibration, converter
from tf2exe.errors import ConfigurationError, ConversionError
from tf2exe.knowledge import runtimes
from tf2exe.system.progress import Step
from tf2exe.trace.stage import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.config.conversion import Agreement


def needed(application: Application) -> bool:
    """Whether the stage has anything to do.

    Raises:
        ConfigurationError: settings contradict each other.
    """
    settings = application.settings
    found = converter(settings.runtime)
    if found is None and settings.precision != "float32":
        raise ConfigurationError(
            f"precision {settings.precision} requires another runtime",
            f"{settings.runtime} uses the models as they are",
            "add --runtime litert",
        )
    if settings.precision == "int8":
        calibration.require(settings.calibration)
    return found is not None and bool(found.models(application.data))


def convert(application: Application, *, log: Path, on_step: Callable[[Step], None]) -> Application:
    """The application with the models of its runtime among its data files, in place of the originals.

    Raises:
        ConversionError: a model has operations that the runtime does not know.
        MachineError: a package that converts is not installed.
    """
    settings = application.settings
    found = converter(settings.runtime)
    if found is None:
        return application
    models, by = found.convert(application, log=log, on_step=on_step)
    conversion = Conversion(
        runtime=settings.runtime,
        precision=settings.precision if by else "",
        models=models,
        folder=converted_files(application.build),
        by=by,
    )
    return replace(application, data=_data(application.data, conversion), conversion=conversion)


def _data(files: tuple[DataFile, ...], conversion: Conversion) -> tuple[DataFile, ...]:
    """The data files with the converted models in place of the originals."""
    replaced = {place for model in conversion.models for place in model.replaces}
    data = {file.destination: file for file in files if file.destination not in replaced}
    for model in conversion.models:
        if not model.replaces:
            continue
        if model.destination in data:
            raise ConfigurationError(
                f"two models have the same destination '{model.destination}'",
                f"{model.source.name} is converted to it",
                "leave one out, or rename it",
            )
        how = f"converted by {conversion.by} for {conversion.runtime}, {conversion.precision}"
        reason = f"{model.source.name}, {how}"
        data[model.destination] = DataFile(model.file, model.destination, reason)
    return tuple(data.values())


def compare(application: Application, *, log: Path, on_step: Callable[[Step], None]) -> Application:
    """The application with how far its converted models answered like the originals while the samples ran.

    Raises:
        ConversionError: they are further away than the settings or the runtime's data allow.
    """
    found, conversion = converter(application.settings.runtime), application.conversion
    if found is None or conversion is None or not conversion.by:
        return application
    on_step(Step("agree"))
    calls = application.build / "trace" / CALLS
    agreement = found.compare(conversion.models, calls, folder=application.build / "converted", log=log)
    if agreement is not None:
        _refuse_difference(application, conversion, agreement, log)
    return replace(application, conversion=replace(conversion, agreement=agreement))


def _refuse_difference(
    application: Application, conversion: Conversion, agreement: Agreement, log: Path
) -> None:
    allowed = runtimes.read_rules(conversion.runtime).precision(conversion.precision)
    judged = application.settings.verify
    least = allowed.top_1 if judged.top_1 is None else judged.top_1
    most = allowed.difference if judged.difference is None else judged.difference
    same = agreement.same_top / agreement.tops if agreement.tops else 1.0
    if same >= least and agreement.largest <= most:
        return
    raise ConversionError(
        f"the output of the converted model ({conversion.precision}) differs from the original",
        f"{agreement}; allowed: same top-1 class in {least:.0%}, difference {most:g}",
        "choose another --precision, calibrate with other inputs, or set `top-1` and `difference` in "
        "[tool.tf2exe.verify]",
        log,
    )
