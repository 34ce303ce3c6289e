"""Stage *convert*: converts models for the runtime, and compares them with the originals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.config.application import DataFile
from tf2exe.convert.converted_models import ConvertedModels, converted_folder
from tf2exe.convert.runtimes import calibration, find_converter
from tf2exe.errors import ConfigurationError, ConversionError
from tf2exe.knowledge import runtimes
from tf2exe.system.progress import Step
from tf2exe.trace.stage import CALLS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import Agreement, Model


def has_models_to_convert(application: Application) -> bool:
    """Whether the runtime requires that models among the data files are converted, or checked.

    Raises:
        ConfigurationError: settings contradict each other.
    """
    settings = application.settings
    converter = find_converter(settings.runtime)
    if converter is None and settings.precision != "float32":
        raise ConfigurationError(
            f"precision {settings.precision} requires another runtime",
            f"{settings.runtime} uses the models as they are",
            "add --runtime litert",
        )
    if settings.precision == "int8":
        calibration.raise_if_missing(settings.calibration)
    return converter is not None and bool(converter.find_models(application.data))


def convert_models(
    application: Application, *, log: Path, on_step: Callable[[Step], None]
) -> ConvertedModels | None:
    """Converts the models among the data files; None: the runtime uses them as they are.

    Raises:
        ConversionError: a model cannot be converted, or calibration has no inputs for it.
        ConfigurationError: two models have the same destination, or a sample calibrates.
        MachineError: the package that converts is not installed.
    """
    settings = application.settings
    converter = find_converter(settings.runtime)
    if converter is None:
        return None
    models, by = converter.convert(application, log=log, on_step=on_step)
    precision = settings.precision if by else ""
    return ConvertedModels(
        runtime=settings.runtime,
        precision=precision,
        models=models,
        data=_replace_models(application.data, models, f"by {by} for {settings.runtime}, {precision}"),
        folder=converted_folder(application.build),
        by=by,
    )


def _replace_models(files: tuple[DataFile, ...], models: tuple[Model, ...], how: str) -> tuple[DataFile, ...]:
    """The data files with the converted models in place of the originals."""
    replaced = {destination for model in models for destination in model.replaces}
    data = {file.destination: file for file in files if file.destination not in replaced}
    for model in models:
        if not model.replaces:
            continue
        if model.destination in data:
            raise ConfigurationError(
                f"two models have the same destination '{model.destination}'",
                f"{model.source.name} is converted to it",
                "leave one out, or rename it",
            )
        reason = f"{model.source.name}, converted {how}"
        data[model.destination] = DataFile(model.file, model.destination, reason)
    return tuple(data.values())


def measure_agreement(
    application: Application,
    converted: ConvertedModels | None,
    *,
    log: Path,
    on_step: Callable[[Step], None],
) -> Agreement | None:
    """Measures how far the converted models agree with the originals, for the inputs of the traced samples.

    Returns:
        None: nothing was converted, or no sample ran a converted model.

    Raises:
        ConversionError: they differ more than the settings, or the rules of the runtime, allow.
    """
    converter = find_converter(application.settings.runtime)
    if converter is None or converted is None or not converted.by:
        return None
    on_step(Step("agree"))
    calls = application.build / "trace" / CALLS_FOLDER
    agreement = converter.measure_agreement(
        converted.models, calls, folder=application.build / "converted", log=log
    )
    if agreement is not None:
        _raise_on_difference(application, converted, agreement, log)
    return agreement


def _raise_on_difference(
    application: Application, converted: ConvertedModels, agreement: Agreement, log: Path
) -> None:
    allowed = runtimes.read_rules(converted.runtime).precision(converted.precision)
    chosen = application.settings.verify
    least = allowed.top_1 if chosen.top_1 is None else chosen.top_1
    most = allowed.difference if chosen.difference is None else chosen.difference
    same = agreement.same_top / agreement.tops if agreement.tops else 1.0
    if same >= least and agreement.largest <= most:
        return
    raise ConversionError(
        f"the output of the converted model ({converted.precision}) differs from the original",
        f"{agreement}; allowed: same top-1 class in {least:.0%}, difference {most:g}",
        "choose another --precision, calibrate with other inputs, or set `top-1` and `difference` in "
        "[tool.tf2exe.verify]",
        log,
    )
