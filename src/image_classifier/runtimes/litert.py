"""LiteRT, formerly TensorFlow Lite: `.tflite` files, computed by XNNPACK where it knows the operations.

The file is mapped into memory, not read. Images are computed one by one: larger batches are no faster
(measured: 9 ms an image either way), need the tensors laid out anew, and could round otherwise. The bundled
model gives the same bits for any number of threads.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from image_classifier.errors import ModelError, reason
from image_classifier.runtimes.chatter import without_chatter
from image_classifier.timings import mark

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

USUAL_SIZE: Final = 224  # for models that take images of any size
RANK_OF_IMAGES: Final = 4  # batch, height, width, channels
RANK_OF_PROBABILITIES: Final = 2  # batch, classes
CHANNELS: Final = 3
ANY_SIZE: Final = -1

# ai_edge_litert ships no types.
Interpreter = Any
Tensor = dict[str, Any]


class LiteRtRuntime:
    """A model computed by LiteRT; see `Runtime`.

    Args:
        interpreter: Not yet allocated.

    Raises:
        ModelError: The model does not classify RGB images.
    """

    def __init__(self, interpreter: Interpreter) -> None:
        images = _only(interpreter.get_input_details(), "inputs")
        probabilities = _only(interpreter.get_output_details(), "outputs")
        shape, answer = tuple(images["shape_signature"].tolist()), tuple(probabilities["shape"].tolist())
        if len(shape) != RANK_OF_IMAGES or shape[3] != CHANNELS:
            raise ModelError(f"the model takes {shape}, not RGB images (batch, height, width, 3)")
        if len(answer) != RANK_OF_PROBABILITIES or not answer[1]:
            raise ModelError(f"the model returns {answer}, not probabilities (batch, classes)")
        self._batch: int = max(shape[0], 1)
        height, width = (USUAL_SIZE if side == ANY_SIZE else side for side in shape[1:3])
        if ANY_SIZE in shape[1:3]:
            interpreter.resize_tensor_input(images["index"], (self._batch, height, width, CHANNELS))
        self.input_size: tuple[int, int] = (height, width)
        self.classes: int = answer[1]
        self._images, self._probabilities = images, probabilities
        self._interpreter = interpreter
        interpreter.allocate_tensors()

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classifies images; see `Runtime.predict`."""
        try:
            parts = [self._predict(batch[i : i + self._batch]) for i in range(0, len(batch), self._batch)]
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"the model cannot compute {len(batch)} images ({reason(error)})") from error
        return np.concatenate(parts)

    def _predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        missing = self._batch - len(batch)
        padded = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        self._interpreter.set_tensor(self._images["index"], _quantized(padded, self._images))
        self._interpreter.invoke()
        answer = self._interpreter.get_tensor(self._probabilities["index"])
        return _real(answer, self._probabilities)[: len(batch)]


def load(path: Path, threads: int | None) -> LiteRtRuntime:
    """Loads a model.

    Args:
        path: A `.tflite` file.
        threads: How many compute it; one for each processor when not given.

    Raises:
        ModelError: It is no model, has operations that LiteRT does not know, or does not classify RGB images.
    """
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  not in every executable

    mark("imported")
    try:
        with without_chatter():
            return LiteRtRuntime(Interpreter(os.fspath(path), num_threads=threads or _processors()))
    except ModelError:
        raise
    except (RuntimeError, ValueError, OSError, UnicodeEncodeError) as error:
        why = f"the model {path} cannot be loaded ({reason(error)})"
        raise ModelError(f"{why}; give a whole model file whose operations LiteRT has built in") from error


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quantized(images: NDArray[np.float32], tensor: Tensor) -> NDArray[Any]:
    """What the model takes; models whose input is quantized tell scale and zero point."""
    kind: np.dtype[Any] = np.dtype(tensor["dtype"])
    scale, zero = tensor["quantization"]
    if kind.kind == "f" or not scale:
        return images.astype(kind, copy=False)
    limits = np.iinfo(kind)
    numbers: NDArray[Any] = np.clip(np.rint(images / scale) + zero, limits.min, limits.max)
    return numbers.astype(kind)


def _real(answer: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    scale, zero = tensor["quantization"]
    if answer.dtype.kind == "f" or not scale:
        return answer.astype(np.float32, copy=False)
    return (answer.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def _only(tensors: list[Tensor], what: str) -> Tensor:
    """The one tensor of a model; of several the one that is named like probabilities."""
    wanted = tensors if len(tensors) == 1 else [t for t in tensors if "probabilities" in t["name"]]
    if len(wanted) != 1:
        names = ", ".join(tensor["name"] for tensor in tensors)
        raise ModelError(f"the model has {len(tensors)} {what} ({names}), an image classifier has one")
    return wanted[0]
