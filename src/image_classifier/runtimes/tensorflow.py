"""TensorFlow: Keras files (`.keras`, `.h5`) and SavedModel folders.

Same bits whatever the batch size: TensorFlow multiplies a batch of one by another routine than larger ones,
with differences of up to 5e-7, so that a lone image is predicted as a batch of two (0.05 s of a run of 3.7 s).
With the bundled model every batch of two or more then gives the same bits.

One image takes the shortest way, an eager call: the first takes 0.29 s, that of a traced function 0.45 s, that
of `Model.predict` 0.9 s. From the second call on the traced function wins: 0.02 s against 0.13 s.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from image_classifier.errors import ModelError, reason
from image_classifier.runtimes.chatter import without_chatter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

USUAL_SIZE: Final = 224  # for models that take images of any size
SMALLEST_BATCH: Final = 2
RANK_OF_IMAGES: Final = 4  # batch, height, width, channels
RANK_OF_PROBABILITIES: Final = 2  # batch, classes
CHANNELS: Final = 3


class TensorFlowRuntime:
    """A model computed by TensorFlow; see `Runtime`.

    Args:
        call: Takes a tensor of images, returns a tensor of probabilities.
        images: Shape and dtype of what the model takes.
        probabilities: Shape and dtype of what it returns.

    Raises:
        ModelError: The model does not classify RGB images.
    """

    def __init__(self, call: Callable[[Any], Any], images: Any, probabilities: Any) -> None:  # noqa: ANN401
        shape, answer = tuple(images.shape), tuple(probabilities.shape)
        if len(shape) != RANK_OF_IMAGES or shape[3] != CHANNELS:
            raise ModelError(f"the model takes {shape}, not RGB images (batch, height, width, 3)")
        if len(answer) != RANK_OF_PROBABILITIES or not answer[1]:
            raise ModelError(f"the model returns {answer}, not probabilities (batch, classes)")
        self.input_size: tuple[int, int] = (shape[1] or USUAL_SIZE, shape[2] or USUAL_SIZE)
        self.classes: int = answer[1]
        self._fixed_batch: int | None = shape[0]
        self._dtype = images.dtype
        self._eager = call
        self._next_call = call

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classifies images; see `Runtime.predict`."""
        size = self._fixed_batch or max(len(batch), SMALLEST_BATCH)
        return np.concatenate([self._predict(batch[i : i + size], size) for i in range(0, len(batch), size)])

    def _predict(self, batch: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        import tensorflow as tf

        missing = size - len(batch)
        padded = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        if self._next_call is self._eager and len(batch) > 1:
            self._next_call = self._traced()
        probabilities = self._next_call(tf.cast(padded, self._dtype))
        if self._next_call is self._eager:
            self._next_call = self._traced()
        return np.asarray(probabilities, dtype=np.float32)[: len(batch)]

    def _traced(self) -> Callable[[Any], Any]:
        """The call as a function that TensorFlow traces at its first use: dear once, cheap then."""
        import tensorflow as tf

        spec = tf.TensorSpec((self._fixed_batch, *self.input_size, CHANNELS), self._dtype)
        traced: Callable[[Any], Any] = tf.function(self._eager, input_signature=[spec], autograph=False)
        return traced


def load(path: Path) -> TensorFlowRuntime:
    """Loads a model.

    Args:
        path: A `.keras` or `.h5` file, or a SavedModel folder.

    Raises:
        ModelError: It is no model, needs code that is not here, or does not classify RGB images.
    """
    # The user's Keras configuration may name another backend.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with without_chatter():
        import tensorflow as tf
    try:
        return _load_saved_model(tf, path) if path.is_dir() else _load_keras_file(path)
    except ModelError:
        raise
    except Exception as error:  # Keras and TensorFlow raise errors of any type for a file that is no model
        raise ModelError(f"the model {path} cannot be loaded ({reason(error)}); is it a whole model file?") from error


def _load_keras_file(path: Path) -> TensorFlowRuntime:
    with without_chatter():
        import keras
    # Without compile=False Keras would look for the optimizer and warn that there is none.
    model = keras.saving.load_model(path, compile=False)
    inputs, outputs = _named(model.inputs, "input"), _named(model.outputs, "output")
    name, images = _only(inputs, "inputs")
    chosen = list(outputs).index(_only(outputs, "outputs")[0])

    def call(batch: Any) -> Any:  # noqa: ANN401  TensorFlow ships no types
        answer = model({name: batch} if isinstance(model.input, dict) else batch, training=False)
        return _flat(answer)[chosen]

    return TensorFlowRuntime(call, images, list(outputs.values())[chosen])


def _load_saved_model(tf: Any, path: Path) -> TensorFlowRuntime:  # noqa: ANN401
    loaded = tf.saved_model.load(path)
    if "serving_default" not in loaded.signatures:
        known = ", ".join(loaded.signatures) or "none"
        raise ModelError(f"the model {path} has no signature serving_default (it has: {known}); export it again")
    signature = loaded.signatures["serving_default"]
    name, images = _only(signature.structured_input_signature[1], "inputs")
    output, probabilities = _only(signature.structured_outputs, "outputs")

    def call(batch: Any, _kept: Any = loaded) -> Any:  # noqa: ANN401  a signature does not keep its model alive
        return signature(**{name: batch})[output]

    return TensorFlowRuntime(call, images, probabilities)


def _only(named: dict[str, Any], what: str) -> tuple[str, Any]:
    """The one tensor of a signature; of several the one that is named like probabilities."""
    if len(named) == 1:
        return next(iter(named.items()))
    wanted = [(name, spec) for name, spec in named.items() if name in ("probabilities", "predictions")]
    if len(wanted) != 1:
        raise ModelError(f"the model has {len(named)} {what} ({', '.join(named)}), an image classifier has one")
    return wanted[0]


def _named(tensors: Any, what: str) -> dict[str, Any]:  # noqa: ANN401
    return {getattr(tensor, "name", None) or f"{what}{i}": tensor for i, tensor in enumerate(_flat(tensors))}


def _flat(tensors: Any) -> list[Any]:  # noqa: ANN401
    """The tensors of a list, a dict (in Keras's order, by name) or a lone one."""
    if isinstance(tensors, dict):
        return [tensors[name] for name in sorted(tensors)]
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]
