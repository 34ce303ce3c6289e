"""Conversions with substitutes for TensorFlow and Keras; tests/build has the real ones."""

from __future__ import annotations

import sys
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest

from tf2exe.convert.runtimes import litert_convert

if TYPE_CHECKING:
    from pathlib import Path


class Converter:
    """Writes its options as the converted model."""

    def __init__(self, saved_model: str, signature_keys: list[str]) -> None:
        self.saved_model, self.signatures = saved_model, signature_keys
        self.optimizations: list[str] = []
        self.representative_dataset: Any = None
        self.target_spec = SimpleNamespace(supported_types=None, supported_ops=None)

    def convert(self) -> bytes:
        if "damaged" in self.saved_model:
            raise ValueError("TF Select ops: Inverse")
        return repr((self.signatures, self.optimizations, vars(self.target_spec))).encode()


TENSORFLOW = SimpleNamespace(
    float16="float16",
    lite=SimpleNamespace(
        TFLiteConverter=SimpleNamespace(from_saved_model=Converter),
        Optimize=SimpleNamespace(DEFAULT="default"),
        OpsSet=SimpleNamespace(TFLITE_BUILTINS_INT8="int8"),
    ),
)


class Model:
    def export(self, folder: Path, *, verbose: bool) -> None:
        assert not verbose
        folder.mkdir()


@pytest.fixture(autouse=True)
def substitutes(monkeypatch: pytest.MonkeyPatch) -> None:
    keras = SimpleNamespace(saving=SimpleNamespace(load_model=lambda _path, **_options: Model()))
    h5py = SimpleNamespace(
        is_hdf5=lambda path: path.suffix == ".h5", File=lambda _path: pytest.fail("not reached")
    )
    for name, module in (("tensorflow", TENSORFLOW), ("keras", keras), ("h5py", h5py)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(litert_convert, "_signatures", lambda _folder: ["serving_default"])
    monkeypatch.setattr(litert_convert, "check_model", lambda model: {"checked": model["target"]})


def request(folder: Path, source: Path, precision: str = "float32") -> dict[str, Any]:
    paths = {"source": str(source), "saved_model": str(folder / "saved"), "target": str(folder / "m.tflite")}
    return {**paths, "precision": precision, "calibration": []}


def keras_file(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "m.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    return folder / "m.keras"


@pytest.mark.parametrize(
    ("precision", "optimizations", "types", "operations"),
    [
        ("float32", [], None, None),
        ("dynamic", ["default"], None, None),
        ("float16", ["default"], ["float16"], None),
        ("int8", ["default"], None, ["int8"]),
    ],
)
def test_the_options_of_a_precision(
    tmp_path: Path,
    precision: str,
    optimizations: list[str],
    types: list[str] | None,
    operations: list[str] | None,
) -> None:
    answer = litert_convert.convert_model(request(tmp_path, keras_file(tmp_path), precision))
    assert answer == {"checked": str(tmp_path / "m.tflite")}
    assert (tmp_path / "saved").is_dir()
    expected = {"supported_types": types, "supported_ops": operations}
    assert (tmp_path / "m.tflite").read_text() == repr((["serving_default"], optimizations, expected))


def test_an_exported_model_is_reused(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    answer = litert_convert.convert_model(request(tmp_path, tmp_path / "absent.keras"))
    assert "checked" in answer


@pytest.mark.parametrize("name", ["data.h5", "data.hdf5"])
def test_a_file_without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    class File:
        attrs: tuple[str, ...] = ()

        def __init__(self, _path: Path) -> None: ...

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(sys.modules["h5py"], "File", File)
    (tmp_path / name).write_bytes(b"numbers")
    assert litert_convert.convert_model(request(tmp_path, tmp_path / name)) == {"no_model": True}
    assert not (tmp_path / "m.tflite").exists()


def test_a_damaged_keras_file(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"truncated")
    answer = litert_convert.convert_model(request(tmp_path, tmp_path / "m.keras"))
    assert answer["error"] == "a .keras file is a zip archive, and this file is not"
    assert not answer["loaded"]


def test_a_model_that_cannot_be_converted(tmp_path: Path) -> None:
    (tmp_path / "damaged").mkdir()
    asked = request(tmp_path, tmp_path / "damaged") | {"saved_model": str(tmp_path / "damaged")}
    answer = litert_convert.convert_model(asked)
    assert answer["operations"] == ["Inverse"]
    assert answer["loaded"]
