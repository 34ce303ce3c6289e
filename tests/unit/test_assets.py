from __future__ import annotations

import hashlib
import importlib
import io
import pickle
import re
import struct
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "assets"
MODEL = ASSETS / "model" / "efficientnet_lite0.keras"
LABELS = ASSETS / "model" / "imagenet_labels.txt"


@pytest.fixture
def conversion(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports a module of the conversion, which is no package that anybody installs."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"assets_conversion.{name}")

    yield module
    for name in [name for name in sys.modules if name.startswith("assets_conversion")]:
        del sys.modules[name]


def test_logits_are_those_of_the_original_network() -> None:
    import keras  # noqa: PLC0415  takes seconds

    model = keras.saving.load_model(MODEL, compile=False)
    assert [layer.name for layer in model.layers[-2:]] == ["logits", "probabilities"]
    to_logits = keras.Model(model.input, model.get_layer("logits").output)
    with np.load(REPOSITORY / "tests" / "data" / "efficientnet_lite0_reference.npz") as reference:
        images, expected = reference["images"].astype(np.float32), reference["logits"]
    logits = np.asarray(to_logits(images, training=False))
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)


def test_model_file_can_be_made_again_byte_for_byte() -> None:
    with zipfile.ZipFile(MODEL) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2020, 6, 20, 0, 0, 0)}
        assert b"date_saved" not in archive.read("metadata.json")
        ids = re.findall(rb'"shared_object_id": (\d+)', archive.read("config.json"))
    assert max(map(int, ids)) < len(ids)


def test_labels_tell_all_classes_apart() -> None:
    labels = LABELS.read_text(encoding="utf-8").splitlines()
    assert len(labels) == len(set(labels)) == 1000
    assert [labels[i] for i in (0, 282, 657, 872, 967)] == [
        "tench", "tiger cat", "missile", "tripod", "espresso",
    ]  # fmt: skip


def test_provenance_names_the_files_that_are_there() -> None:
    text = (ASSETS / "model" / "PROVENANCE.md").read_text(encoding="utf-8")
    for path in (MODEL, LABELS):
        assert f"| {path.name} | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" in text
    licences = set(re.findall(r"LICENSE-[\w.-]+\w", text))
    assert licences == {path.name for path in (ASSETS / "model").glob("LICENSE-*")}
    for licence in licences:
        assert (ASSETS / "model" / licence).stat().st_size > 500


def test_photographs_are_the_ones_that_were_meant(conversion: Any) -> None:  # noqa: ANN401  a module
    photographs = conversion("photographs")
    samples = ASSETS / "samples"
    photographs.copy_photographs(samples, samples)
    files = {path.name for path in samples.iterdir()}
    assert files == {"LICENSES.md", *(photograph.file_name for photograph in photographs.PHOTOGRAPHS)}
    assert (samples / "LICENSES.md").read_text(encoding="utf-8") == photographs.licences()


def test_other_photographs_are_refused(conversion: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "astronaut.png").write_bytes(b"somebody else")
    with pytest.raises(ValueError, match=r"astronaut\.png has SHA-256"):
        conversion("photographs").copy_photographs(tmp_path, tmp_path)


def test_other_wheels_are_refused(conversion: Any, tmp_path: Path) -> None:  # noqa: ANN401
    wheels = conversion("wheels")
    (tmp_path / wheels.LABELS.file_name).write_bytes(b"PK")
    with pytest.raises(ValueError, match="SHA-256"):
        wheels.open_checked(wheels.LABELS, tmp_path)


def test_icon_is_the_drawn_one(conversion: Any) -> None:  # noqa: ANN401
    drawn = conversion("icon").draw_icon()
    with Image.open(ASSETS / "icon.png") as stored:
        difference = ImageChops.difference(drawn.convert("RGB"), stored.convert("RGB"))
    assert np.asarray(difference).max() <= 2  # another Pillow may round another way
    with Image.open(ASSETS / "icon.ico") as icon:
        assert {(16, 16), (32, 32), (48, 48), (256, 256)} <= icon.info["sizes"]


def unicode(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def tensor(key: str, kind: str, *rest: object) -> bytes:
    """The opcodes of a lazily rebuilt tensor: its storage, then offset, shape and strides."""
    storage = unicode("storage") + f"ctorch\n{kind}\n".encode() + unicode(key) + unicode("cpu") + b"K\x00N"
    numbers = b"".join(pickle.dumps(part, 2)[2:-1] for part in rest)
    return b"ctorch._utils\n_rebuild_tensor_v2\n((" + storage + b"tQ" + numbers + b"tR"


def checkpoint(tensors: dict[str, bytes], storages: dict[str, bytes]) -> io.BytesIO:
    """Writes a checkpoint by hand, because no PyTorch is here."""
    head = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    items = b"".join(unicode(name) + opcodes for name, opcodes in tensors.items())
    body = b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."
    return io.BytesIO(b"".join(head) + body + pickle.dumps(list(storages), 2) + b"".join(storages.values()))


def test_checkpoint_is_read_as_its_strides_say(conversion: Any) -> None:  # noqa: ANN401
    floats = np.arange(8, dtype="<f4")
    storages = {
        "7": struct.pack("<q", 8) + floats.tobytes(),
        "9": struct.pack("<q", 1) + np.array([41], "<i8").tobytes(),
    }
    tensors = {
        "rows": tensor("7", "FloatStorage", 2, (2, 3), (3, 1)),
        "columns": tensor("7", "FloatStorage", 0, (3, 2), (1, 3)),
        "count": tensor("9", "LongStorage", 0, (), ()),
    }
    read = conversion("torch_checkpoint").read_tensors(checkpoint(tensors, storages))
    np.testing.assert_array_equal(read["rows"], [[2, 3, 4], [5, 6, 7]])
    np.testing.assert_array_equal(read["columns"], [[0, 3], [1, 4], [2, 5]])
    assert read["count"] == 41


def test_checkpoint_that_wants_to_run_something_is_refused(conversion: Any) -> None:  # noqa: ANN401
    module = conversion("torch_checkpoint")
    for opcodes in (b"cos\nsystem\n", b"cbuiltins\neval\n", b"ctorch\nload\n"):
        with pytest.raises(pickle.UnpicklingError, match="does not need"):
            module.read_tensors(checkpoint({"evil": opcodes}, {}))
    with pytest.raises(ValueError, match="not an old-format"):
        module.read_tensors(io.BytesIO(pickle.dumps(1) * 2))
