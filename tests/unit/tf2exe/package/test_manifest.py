from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tf2exe.convert.converted_models import Agreement, ConvertedModels, Model
from tf2exe.package.manifest import Manifest, describe_models, make_manifest
from tf2exe.system.file_tree import hash_files

if TYPE_CHECKING:
    from pathlib import Path


def test_manifest_lists_every_file_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "lib").mkdir(parents=True)
    (folder / "program").write_bytes(b"program")
    (folder / "lib" / "ü.txt").write_bytes(b"")
    make_manifest(hash_files(folder, {}), None).write(tmp_path / "manifest.json")
    read = Manifest.read(tmp_path / "manifest.json")
    listed = {file.path: (file.size, file.sha256) for file in read.files}
    assert listed == {
        "program": (7, hashlib.sha256(b"program").hexdigest()),
        "lib/ü.txt": (0, hashlib.sha256(b"").hexdigest()),
    }
    assert read.models is None


def test_manifest_describes_converted_and_unchanged_models(tmp_path: Path) -> None:
    keras, lite = tmp_path / "net.keras", tmp_path / "other.tflite"
    models = (
        Model(keras, tmp_path / "net.tflite", "net.tflite", ("net.keras",), tmp_path / "saved", 12, "ab"),
        Model(lite, lite, "other.tflite", (), None, 34, "cd"),
    )
    converted = ConvertedModels("litert", "float16", models, (), tmp_path, "tensorflow 2.18")
    agreement = Agreement(10, 10, 9, 0.25, 0.125, ("other.tflite",))
    described = describe_models(converted, agreement)
    make_manifest((), described).write(tmp_path / "manifest.json")
    read = Manifest.read(tmp_path / "manifest.json").models
    assert read == described
    assert read is not None
    assert (read.runtime, read.precision, read.converted_by) == ("litert", "float16", "tensorflow 2.18")
    assert [(model.path, model.source, model.converted) for model in read.models] == [
        ("net.tflite", "net.keras", True),
        ("other.tflite", "other.tflite", False),
    ]
    assert read.agreement is not None
    assert vars(read.agreement) == vars(agreement)


def test_models_of_the_application_are_not_described() -> None:
    assert describe_models(None, None) is None


def test_program_that_converted_is_null_if_no_model_was_converted(tmp_path: Path) -> None:
    described = describe_models(ConvertedModels("litert", "float32", (), (), tmp_path, ""), None)
    assert described is not None
    assert described.converted_by is None
    assert described.agreement is None
