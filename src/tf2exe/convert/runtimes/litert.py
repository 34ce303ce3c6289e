"""LiteRT, formerly TensorFlow Lite: makes `.tflite` files of Keras models and SavedModels.

Conversions are kept in `build/.converted/`, under a hash of the original and of the versions.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tf2exe.convert.converted_models import Agreement, Model, converted_files, link_data_files
from tf2exe.convert.runtimes import calibration, model_calls
from tf2exe.convert.runtimes.refusal import refuse
from tf2exe.errors import ConversionError, MachineError
from tf2exe.system import wine_host
from tf2exe.system.file_tree import sha256
from tf2exe.system.process import run_logged
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tf2exe.config.application import Application, DataFile
    from tf2exe.convert.runtimes.model_calls import Array, Call

    Group = tuple[DataFile, ...]
    Arrays = list[dict[str, Any]]
    Fed = tuple[str, Arrays]
    """A signature, and what the program fed it."""

CHILD = "tf2exe.convert.runtimes.litert_child"
OWN = ".tflite"
KERAS = (".keras", ".h5", ".hdf5")
SAVED_MODEL = "saved_model.pb"
CONVERTERS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel")
FORMAT = "1"
"""Changes when conversions have to be made anew."""


def models(data: Sequence[DataFile]) -> tuple[tuple[DataFile, ...], ...]:
    """The models among the data files; see `Converter.models`."""
    found: list[Group] = []
    for file in data:
        place = PurePosixPath(file.destination)
        if place.suffix in (OWN, *KERAS):
            found.append((file,))
        elif place.name == SAVED_MODEL and place.parent.name:
            found.append(tuple(f for f in data if place.parent in PurePosixPath(f.destination).parents))
    return tuple(found)


def convert(
    application: Application, *, log: Path, on_step: Callable[[Step], None]
) -> tuple[tuple[Model, ...], str]:
    """Converts the models among the data files; see `Converter.convert`."""
    _version("ai-edge-litert")
    folder = application.build / "converted"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    groups = models(application.data)
    others = [group for group in groups if not _is_own(group)]
    originals = {file for group in others for file in group}
    link_data_files(
        (file for file in application.data if file not in originals), converted_files(application.build)
    )
    taken = [_taken(group[0], log) for group in groups if _is_own(group)]
    if not others:
        return tuple(taken), ""
    precision = application.settings.precision
    fed = calibration.samples_of(application) if precision == "int8" else []
    conversions = _Conversions(application, _converter(folder, log), log, on_step)
    made = [conversions.make(group, "float32" if precision == "int8" else precision) for group in others]
    none = (file for group, model in zip(others, made, strict=True) if not model for file in group)
    link_data_files(none, converted_files(application.build))
    if precision == "int8":
        calls = calibration.run(application, fed, folder, log=log, on_step=on_step)
        made = [
            model and conversions.make(group, precision, _calibrating(calls, model, log))
            for group, model in zip(others, made, strict=True)
        ]
    return (*taken, *(model for model in made if model)), conversions.by


def _is_own(group: Group) -> bool:
    return group[0].source.suffix == OWN


def _version(*names: str) -> str:
    """The distribution that is installed, with its version.

    Raises:
        MachineError: there is none.
    """
    for name in names:
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    raise MachineError(
        f"no {names[0]}", "the runtime litert requires it for this build", f"pip install {names[-1]}"
    )


def _converter(folder: Path, log: Path) -> str:
    """What converts; in Wine that is the machine's own."""
    if wine_host.module_command("", "") is None:
        return _version(*CONVERTERS)
    found: str = _ask("version", {"names": list(CONVERTERS)}, folder, log)["version"]
    return found


def _taken(file: DataFile, log: Path) -> Model:
    """A `.tflite` file of the user, as it is."""
    answer = _ask("check", {"target": str(file.source)}, log.parent / "converted", log)
    refuse(answer, file.source, log)
    return Model(
        file.source, file.source, file.destination, (), None, file.source.stat().st_size, sha256(file.source)
    )


class _Conversions:
    """Converts, or finds what an earlier build has converted."""

    def __init__(self, application: Application, by: str, log: Path, on_step: Callable[[Step], None]) -> None:
        self.by, self.log, self.on_step = by, log, on_step
        self.kept, self.folder = application.build.parent / ".converted", application.build / "converted"
        self.files = converted_files(application.build)

    def make(self, group: Group, precision: str, fed: Sequence[Fed] = ()) -> Model | None:
        """Converts one model; None: the file holds none after all."""
        source = group[0].source if len(group) == 1 else _folder_of(group)
        kept = self.kept / _key(group, self.by)
        saved = kept / "saved_model" if len(group) == 1 else source
        target = kept / f"{precision}{_digest(fed) if fed else ''}{OWN}"
        self.on_step(Step("convert", f"{source.name}, {precision}"))
        if not target.is_file():
            kept.mkdir(parents=True, exist_ok=True)
            asked = {"source": str(source), "saved_model": str(saved), "target": str(target)}
            request = {**asked, "precision": precision, "calibration": list(fed)}
            answer = _ask("convert", request, self.folder, self.log)
            if "no_model" in answer:
                return None
            if answer:
                target.unlink(missing_ok=True)
            refuse(answer, source, self.log)
        destination = _destination(group)
        place = self.files / destination
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)  # a link to another model of the user: writing would change that
        shutil.copyfile(target, place)
        replaces = tuple(file.destination for file in group)
        return Model(source, place, destination, replaces, saved, place.stat().st_size, sha256(place))


def _destination(group: Group) -> str:
    """Where the original would be, with another ending."""
    if len(group) == 1:
        return str(PurePosixPath(group[0].destination).with_suffix(OWN))
    top = next(PurePosixPath(f.destination).parent for f in group if f.source.name == SAVED_MODEL)
    return f"{top}{OWN}"


def _folder_of(group: Group) -> Path:
    return next(file.source.parent for file in group if file.source.name == SAVED_MODEL)


def _key(group: Group, by: str) -> str:
    digest = hashlib.blake2b(f"{FORMAT} {by} {_version('ai-edge-litert')}".encode(), digest_size=16)
    for file in group:
        digest.update(sha256(file.source).encode())
    return digest.hexdigest()


def _calibrating(calls: tuple[Call, ...], model: Model, log: Path) -> list[Fed]:
    """What the command lines of `calibration` fed one model.

    Raises:
        ConversionError: nothing.
    """
    fed = [(call.signature, _as_json(call.inputs)) for call in calls if _is_of(call, model)]
    if not fed:
        raise ConversionError(
            f"nothing to calibrate {model.source.name} with",
            "the command lines of `calibration` did not run it",
            "give inputs that it is run with, or leave it out of the data files",
            log,
        )
    return fed


def _is_of(call: Call, model: Model) -> bool:
    """A program may hand over the file's name, that of a passing copy, or the content that it has read."""
    return call.model == model.file or (call.model.is_file() and sha256(call.model) == model.sha256)


def _as_json(arrays: Iterable[Array]) -> Arrays:
    return [vars(array) for array in arrays]


def _digest(fed: Sequence[Fed]) -> str:
    """Names what calibrates: the numbers, not the files that hold them."""
    digest = hashlib.blake2b(digest_size=8)
    for signature, array in ((signature, array) for signature, inputs in fed for array in inputs):
        digest.update(f"{signature} {array['name']} {array['dtype']} {array['shape']}".encode())
        digest.update(Path(array["file"]).read_bytes())
    return f"-{digest.hexdigest()}"


def compare(models: Sequence[Model], calls: Path, *, folder: Path, log: Path) -> Agreement | None:
    """How far converted models answer like their originals; see `Converter.compare`."""
    found = model_calls.read(calls)
    fed = {
        model: tuple(call for call in found if _is_of(call, model)) for model in models if model.saved_model
    }
    kept = [_compared(model, group, folder, log) for model, group in fed.items() if group]
    unfed = tuple(model.destination for model, group in fed.items() if not group)
    if not kept:
        return None
    total = {key: sum(part[key] for part in kept) for key in ("predictions", "tops", "same", "sum", "values")}
    return Agreement(
        predictions=total["predictions"],
        tops=total["tops"],
        same_top=total["same"],
        largest=max(part["largest"] for part in kept),
        mean=total["sum"] / max(total["values"], 1),
        unfed=unfed,
    )


def _compared(model: Model, calls: tuple[Call, ...], folder: Path, log: Path) -> dict[str, Any]:
    """Compares one model's calls, or finds that an earlier build has compared the same."""
    kept = folder / f"compared-{model.sha256[:16]}-{model_calls.digest(calls)}.json"
    if not kept.is_file():
        asked = [[call.signature, _as_json(call.inputs), _as_json(call.outputs)] for call in calls]
        answer = _ask("compare", {"saved_model": str(model.saved_model), "calls": asked}, folder, log)
        kept.write_text(json.dumps(answer), encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _ask(do: str, model: dict[str, Any], folder: Path, log: Path) -> dict[str, Any]:
    """Has a child process do it.

    Raises:
        ConversionError: it ended before it could answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    request, answer = folder / "request.json", folder / "answer.json"
    package = Path(__file__).resolve().parents[3]
    around = wine_host.module_command(CHILD, str(package))
    asked = {"do": do, "model": wine_host.unix_paths(model) if around else model}
    request.write_text(json.dumps(asked), encoding="utf-8")
    path = os.pathsep.join(
        [str(package), *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])]
    )
    env = {**os.environ, "PYTHONPATH": path, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [*(around or [sys.executable, "-m", CHILD]), str(request), str(answer)]
    run_logged(command, log=log, cwd=folder, env=env, error=ConversionError, remedy="see the log")
    answered: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return answered
