"""TensorFlow: Keras files (`.keras`, `.h5`) and SavedModel folders.

A lone image is predicted as a batch of two (0.05 s of 4 s): TensorFlow multiplies a batch of one by another
routine, with differences of up to 5e-7. With the bundled model every batch of two or more gives the same bits
on processors with AVX-512; on others the differences are up to 3e-7.

One image takes the shortest way, an eager call: the first takes 0.26 s, that of a traced function 0.48 s,
that of `Model.predict` 0.50 s. From the second call on the traced function wins: 0.02 s against 0.13 s.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from image_classifier.errors import ModelError, reason
from image_classifier.runtimes.chatter import without_chatter
from image_classifier.timings import mark

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

USUAL_SIZE: Final = 224  # for models that take images of any size
SMALLEST_BATCH: Final = 2
RANK_OF_IMAGES: Final = 4  # batch, height, width, channels
RANK_OF_PROBABILITIES: Final = 2  # batch, classes
CHANNELS: Final = 3

# TensorFlow ships no types.
Module = Any
Tensor = Any
Spec = Any
Call = Callable[[Tensor], Tensor]


class TensorFlowRuntime:
    """A model computed by TensorFlow; see `Runtime`.

    Args:
        tf: The module.
        call: Takes a tensor of images, returns a tensor of probabilities.
        images: Shape and dtype of what the model takes.
        probabilities: Shape and dtype of what it returns.

    Raises:
        ModelError: The model does not classify RGB images.
    """

    def __init__(self, tf: Module, call: Call, images: Spec, probabilities: Spec) -> None:
        shape, answer = tuple(images.shape), tuple(probabilities.shape)
        if len(shape) != RANK_OF_IMAGES or shape[3] != CHANNELS:
            raise ModelError(f"the model takes {shape}, not RGB images (batch, height, width, 3)")
        if len(answer) != RANK_OF_PROBABILITIES or not answer[1]:
            raise ModelError(f"the model returns {answer}, not probabilities (batch, classes)")
        self.input_size: tuple[int, int] = (shape[1] or USUAL_SIZE, shape[2] or USUAL_SIZE)
        self.classes: int = answer[1]
        self._fixed_batch: int | None = shape[0]
        self._dtype = images.dtype
        self._tf = tf
        self._eager = call
        # Traced at its first use: dear once, cheap then.
        spec = tf.TensorSpec((self._fixed_batch, *self.input_size, CHANNELS), self._dtype)
        self._traced: Call = tf.function(call, input_signature=[spec], autograph=False)
        self._is_first = True

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classifies images; see `Runtime.predict`."""
        size = self._fixed_batch or max(len(batch), SMALLEST_BATCH)
        try:
            parts = [self._predict(batch[i : i + size], size) for i in range(0, len(batch), size)]
        except Exception as error:  # TensorFlow raises errors of any type, also for a lack of memory
            hint = "give a smaller --batch-size if memory is short"
            raise ModelError(
                f"the model cannot compute {len(batch)} images ({reason(error)}); {hint}"
            ) from error
        return np.concatenate(parts)

    def _predict(self, batch: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        missing = size - len(batch)
        padded = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        call = self._eager if self._is_first and len(batch) == 1 else self._traced
        self._is_first = False
        probabilities = call(self._tf.cast(padded, self._dtype))
        return np.asarray(probabilities, dtype=np.float32)[: len(batch)]


def load(path: Path, threads: int | None = None) -> TensorFlowRuntime:
    """Loads a model.

    Args:
        path: A `.keras` or `.h5` file, or a SavedModel folder.
        threads: How many compute an operation; TensorFlow's own choice when not given.

    Raises:
        ModelError: It is no model, needs code that is not here, does not classify RGB images, or TensorFlow
            finds no folder for temporary files, which it wants while it is imported.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"  # the user's Keras configuration may name another
    try:
        with without_chatter():
            import tensorflow as tf  # noqa: PLC0415  takes seconds
    except FileNotFoundError as error:
        why = f"TensorFlow cannot be imported ({reason(error)})"
        raise ModelError(f"{why}; set TMPDIR to a folder that you can write to") from error
    if threads:
        with suppress(RuntimeError):  # it has computed already, with the threads that were asked for first
            tf.config.threading.set_intra_op_parallelism_threads(threads)
    try:
        return _load_saved_model(tf, path) if path.is_dir() else _load_keras_file(tf, path)
    except ModelError:
        raise
    except Exception as error:  # Keras and TensorFlow raise errors of any type for a file that is no model
        why = f"the model {path} cannot be loaded ({reason(error)})"
        raise ModelError(f"{why}; give a whole model file that needs no code of its own") from error


def _load_keras_file(tf: Module, path: Path) -> TensorFlowRuntime:
    if path.suffix == ".keras" and not zipfile.is_zipfile(path):
        raise ModelError(
            f"the model {path} is no Keras file (they are zip archives); give a whole model file"
        )
    with without_chatter():
        import keras  # noqa: PLC0415  takes seconds
    mark("imported")
    # Without compile=False Keras would look for the optimizer and warn that there is none.
    model = keras.saving.load_model(path, compile=False)
    name, images = _only(_named(model.input), "inputs")
    output, probabilities = _only(_named(model.output), "outputs")

    def call(batch: Tensor) -> Tensor:
        answer = model({name: batch} if isinstance(model.input, dict) else batch, training=False)
        return _named(answer)[output]

    return TensorFlowRuntime(tf, call, images, probabilities)


def _load_saved_model(tf: Module, path: Path) -> TensorFlowRuntime:
    mark("imported")
    loaded = tf.saved_model.load(path)
    signature = loaded.signatures.get("serving_default")
    if signature is None:
        known = ", ".join(loaded.signatures) or "none"
        raise ModelError(
            f"the model {path} has no signature serving_default (it has {known}); export it anew"
        )
    name, images = _only(signature.structured_input_signature[1], "inputs")
    output, probabilities = _only(signature.structured_outputs, "outputs")

    # A signature does not keep its model alive, a default value does.
    def call(batch: Tensor, _kept: object = loaded) -> Tensor:
        return signature(**{name: batch})[output]

    return TensorFlowRuntime(tf, call, images, probabilities)


def _named(tensors: Tensor) -> dict[str, Spec]:
    """The inputs or outputs of a Keras model, which may be one tensor, a list or a dict."""
    if isinstance(tensors, dict):
        return tensors
    several = tensors if isinstance(tensors, list | tuple) else [tensors]
    return {f"number {number}": tensor for number, tensor in enumerate(several, start=1)}


def _only(named: dict[str, Spec], what: str) -> tuple[str, Spec]:
    """The one tensor of a model; of several the one that is named like probabilities."""
    if len(named) == 1:
        return next(iter(named.items()))
    wanted = [name for name in ("probabilities", "predictions") if name in named]
    if not wanted:
        names = ", ".join(named)
        raise ModelError(f"the model has {len(named)} {what} ({names}), an image classifier has one")
    return wanted[0], named[wanted[0]]
