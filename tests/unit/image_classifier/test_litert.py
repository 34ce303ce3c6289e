from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from image_classifier import runtimes
from image_classifier.errors import ModelError
from image_classifier.inference import ImageClassifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")

# What Keras and TensorFlow do when they convert is not what is tested here.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs"),
]

IMAGES = np.array([[[[250, 5, 5]]], [[[5, 5, 250]]]], np.float32) * np.ones((2, 8, 6, 3), np.float32)


@pytest.fixture(scope="session")
def convert(classifier: ImageClassifier, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes `.tflite` files of Keras models."""
    assert classifier.labels  # TensorFlow is loaded as the application loads it
    import tensorflow as tf  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("litert")

    def write(name: str, model: Any, *, quantized: bool = False) -> Path:  # noqa: ANN401  Keras ships no types
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if quantized:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([image[np.newaxis]] for image in IMAGES)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        path = folder / f"{name}.tflite"
        path.write_bytes(converter.convert())
        return path

    return write


def colours(shape: tuple[int | None, ...] = (8, 6, 3), batch: int | None = None) -> Any:  # noqa: ANN401
    """A model that names the strongest colour of an image."""
    import keras  # noqa: PLC0415

    inputs = keras.Input(shape, batch_size=batch, name="pixels")
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    return keras.Model(inputs, keras.layers.Softmax()(keras.layers.Rescaling(1 / 64)(mean)))


def best(model: Path, tmp_path: Path) -> list[str]:
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    classifier = ImageClassifier(model, labels, threads=2)
    assert classifier.input_size == (8, 6)
    both = classifier.predict_batch(IMAGES)
    np.testing.assert_array_equal(both[:1], classifier.predict_batch(IMAGES[:1]))
    return [classifier.most_probable(row, 1)[0].label for row in both]


def test_float_model(convert: Callable[..., Path], tmp_path: Path) -> None:
    assert best(convert("float", colours()), tmp_path) == ["red", "blue"]


def test_quantized_inputs_and_outputs(convert: Callable[..., Path], tmp_path: Path) -> None:
    assert best(convert("quantized", colours(), quantized=True), tmp_path) == ["red", "blue"]


def test_model_of_a_fixed_batch(convert: Callable[..., Path], tmp_path: Path) -> None:
    assert best(convert("fixed", colours(batch=3)), tmp_path) == ["red", "blue"]


def test_model_of_any_input_size_takes_the_usual_one(convert: Callable[..., Path]) -> None:
    model = runtimes.load(convert("any", colours((None, None, 3))))
    assert model.input_size == (224, 224)
    assert model.predict(np.full((2, 224, 224, 3), 9, np.float32)).shape == (2, 3)


def test_answers_do_not_depend_on_the_threads(convert: Callable[..., Path]) -> None:
    path = convert("threads", colours())
    one, four = (runtimes.load(path, threads).predict(IMAGES) for threads in (1, 4))
    np.testing.assert_array_equal(one, four)


@pytest.mark.parametrize("what", ["grey", "flat", "picture"])
def test_models_that_classify_no_images(convert: Callable[..., Path], what: str) -> None:
    import keras  # noqa: PLC0415

    inputs = keras.Input({"grey": (8, 6, 1), "flat": (12,), "picture": (8, 6, 3)}[what])
    path = convert(what, keras.Model(inputs, keras.layers.Dense(3)(inputs)))
    with pytest.raises(ModelError, match=r"not RGB images|not probabilities"):
        runtimes.load(path)


def test_several_outputs_without_names(convert: Callable[..., Path]) -> None:
    import keras  # noqa: PLC0415

    inputs = keras.Input((8, 6, 3))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    path = convert("two", keras.Model(inputs, [mean, keras.layers.Softmax()(mean)]))
    with pytest.raises(ModelError, match="2 outputs"):
        runtimes.load(path)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x1c\0\0\0TFL3" + bytes(500)])
def test_files_that_are_no_models(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.tflite") as caught:
        runtimes.load(path)
    assert "\n" not in str(caught.value)


def test_truncated_model(convert: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "truncated.tflite"
    path.write_bytes(convert("whole", colours()).read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        runtimes.load(path)


def test_the_runtime_says_nothing(convert: Callable[..., Path], capfd: pytest.CaptureFixture[str]) -> None:
    path = convert("quiet", colours())
    capfd.readouterr()
    runtimes.load(path).predict(IMAGES)
    assert capfd.readouterr() == ("", "")
