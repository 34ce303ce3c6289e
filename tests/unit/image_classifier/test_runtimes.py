from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from image_classifier import runtimes
from image_classifier.errors import ModelError
from image_classifier.inference import ImageClassifier

if TYPE_CHECKING:
    from pathlib import Path

    from image_classifier.inference import Prediction

# What Keras does when it saves is not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model")

LABELS = "red\ngreen\nblue\n"
IMAGES = np.array([[[[250, 5, 5]]], [[[5, 5, 250]]]], np.float32) * np.ones((2, 8, 6, 3), np.float32)


@pytest.fixture(scope="session")
def keras(classifier: ImageClassifier) -> Any:  # noqa: ANN401  Keras ships no types
    assert classifier.labels  # TensorFlow is loaded as the application loads it
    import keras  # noqa: PLC0415

    return keras


@pytest.fixture(scope="session")
def colours(keras: Any) -> Any:  # noqa: ANN401
    """A model that names the strongest colour of an image 8 high and 6 wide."""
    inputs = keras.Input((8, 6, 3), name="pixels")
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    scaled = keras.layers.Rescaling(1 / 64)(mean)
    return keras.Model(inputs, keras.layers.Softmax()(scaled))


def best(model: Path, tmp_path: Path) -> list[Prediction]:
    labels = tmp_path / "labels.txt"
    labels.write_text(LABELS)
    classifier = ImageClassifier(model, labels)
    assert classifier.input_size == (8, 6)
    lone = classifier.predict_batch(IMAGES[:1])
    both = classifier.predict_batch(IMAGES)
    np.testing.assert_allclose(both[:1], lone, rtol=0, atol=1e-6)
    return [classifier.most_probable(row, 1)[0] for row in both]


def names(predictions: list[Prediction]) -> list[str]:
    return [prediction.label for prediction in predictions]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_keras_files(colours: Any, tmp_path: Path, ending: str) -> None:  # noqa: ANN401
    model = tmp_path / f"model{ending}"
    colours.save(model)
    assert names(best(model, tmp_path)) == ["red", "blue"]


def test_saved_model_of_keras(colours: Any, tmp_path: Path) -> None:  # noqa: ANN401
    colours.export(tmp_path / "exported", verbose=False)
    assert names(best(tmp_path / "exported", tmp_path)) == ["red", "blue"]


@pytest.mark.parametrize("batch", [None, 1, 3])
def test_saved_model_of_tensorflow(keras: Any, tmp_path: Path, batch: int | None) -> None:  # noqa: ANN401
    assert keras
    import tensorflow as tf  # noqa: PLC0415

    class Module(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((batch, 8, 6, 3), tf.uint8)], autograph=False)  # type: ignore[untyped-decorator]
        def classify(self, pixels: Any) -> dict[str, Any]:  # noqa: ANN401
            mean = tf.reduce_mean(tf.cast(pixels, tf.float32), (1, 2))
            return {"predictions": tf.nn.softmax(mean / 64), "mean": mean}

    module = Module()
    tf.saved_model.save(module, tmp_path / "saved", signatures={"serving_default": module.classify})
    assert names(best(tmp_path / "saved", tmp_path)) == ["red", "blue"]


def test_named_outputs_of_keras(keras: Any, tmp_path: Path) -> None:  # noqa: ANN401
    inputs = keras.Input((8, 6, 3), name="picture")
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    softmax = keras.layers.Softmax()(keras.layers.Rescaling(1 / 64)(mean))
    keras.Model({"picture": inputs}, {"probabilities": softmax, "mean": mean}).save(tmp_path / "dict.keras")
    assert names(best(tmp_path / "dict.keras", tmp_path)) == ["red", "blue"]


def test_model_of_any_input_size_takes_the_usual_one(keras: Any, tmp_path: Path) -> None:  # noqa: ANN401
    inputs = keras.Input((None, None, 3))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    keras.Model(inputs, keras.layers.Softmax()(mean)).save(tmp_path / "any.keras")
    assert runtimes.load(tmp_path / "any.keras").input_size == (224, 224)


def test_values_that_are_no_probabilities(keras: Any, tmp_path: Path) -> None:  # noqa: ANN401
    inputs = keras.Input((8, 6, 3))
    keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs)).save(tmp_path / "logits.keras")
    with pytest.raises(ModelError, match="softmax"):
        best(tmp_path / "logits.keras", tmp_path)


@pytest.mark.parametrize("what", ["grey", "flat", "picture"])
def test_models_that_classify_no_images(keras: Any, tmp_path: Path, what: str) -> None:  # noqa: ANN401
    inputs = keras.Input({"grey": (8, 6, 1), "flat": (12,), "picture": (8, 6, 3)}[what])
    outputs = keras.layers.Dense(3)(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match=r"not RGB images|not probabilities"):
        runtimes.load(tmp_path / "other.keras")


def test_several_outputs_without_names(keras: Any, tmp_path: Path) -> None:  # noqa: ANN401
    inputs = keras.Input((8, 6, 3))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    keras.Model(inputs, [mean, mean]).save(tmp_path / "two.keras")
    with pytest.raises(ModelError, match="2 outputs"):
        runtimes.load(tmp_path / "two.keras")


def test_files_that_are_no_models(keras: Any, samples: Path, tmp_path: Path) -> None:  # noqa: ANN401
    assert keras
    (tmp_path / "folder").mkdir()
    for name in ("text.keras", "text.h5"):
        (tmp_path / name).write_text("no model")
    shutil.make_archive(str(tmp_path / "archive"), "zip", samples, "LICENSES.md")
    (tmp_path / "archive.zip").rename(tmp_path / "archive.keras")
    for name in ("folder", "text.keras", "text.h5", "archive.keras"):
        with pytest.raises(ModelError, match=name) as caught:
            runtimes.load(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_model_kinds_are_told_by_name(tmp_path: Path) -> None:
    for name in ("model.onnx", "model"):
        (tmp_path / name).write_text("")
        with pytest.raises(ModelError, match="of no known kind"):
            runtimes.check_model(tmp_path / name)
    with pytest.raises(ModelError, match="does not exist"):
        runtimes.check_model(tmp_path / "missing.keras")


def test_missing_runtime_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtimes.RUNTIMES, ".other", "image_classifier.runtimes.other")
    (tmp_path / "model.other").touch()
    with pytest.raises(ModelError, match=r"needs the runtime other, which is not here .*--runtime other"):
        runtimes.load(tmp_path / "model.other")
