"""EfficientNet-Lite0 in Keras, and the way of PyTorch's tensors into it.

The network is that of the EfficientNet-Lite checkpoints of the TensorFlow TPU project (no squeeze-and-excite,
ReLU6 in place of swish, stem and head not scaled); the names of the tensors are those of its PyTorch port.

The batch normalisations are folded into the convolutions: for inference they are the same function, and the
model of 70 layers instead of 150 loads in half the time and classifies a batch in two thirds of it.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

# Keras ships no types.
Model = Any
Tensor = Any

INPUT_SIZE: Final = 224
CLASSES: Final = 1000
BATCH_NORM_EPSILON: Final = 1e-3
FIXED_DATE: Final = (2020, 6, 20, 0, 0, 0)  # of the weights; makes the saved file reproducible


@dataclass(frozen=True)
class Stage:
    """A row of the table of blocks: `repeats` blocks, of which only the first has the stride."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    inputs: int
    outputs: int


STEM_FILTERS: Final = 32
HEAD_FILTERS: Final = 1280
STAGES: Final = (
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
)


def blocks() -> Iterator[Stage]:
    """The 16 blocks, each as a stage of one repeat."""
    for stage in STAGES:
        yield dataclasses.replace(stage, repeats=1)
        for _ in range(stage.repeats - 1):
            yield dataclasses.replace(stage, repeats=1, stride=1, inputs=stage.outputs)


def build_network(tensors: Mapping[str, NDArray[Any]]) -> Model:
    """Builds the network and gives it its weights.

    Args:
        tensors: The tensors of the PyTorch checkpoint, by name.

    Returns:
        A Keras model: RGB float32 0..255, N x 224 x 224 x 3, to probabilities float32 N x 1000.
    """
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="normalization")(image)
    x = _convolution(x, "stem", STEM_FILTERS, kernel=3, stride=2)
    for number, block in enumerate(blocks()):
        x = _block(x, f"block{number}", block)
    x = _convolution(x, "head", HEAD_FILTERS)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    x = keras.layers.Dense(CLASSES, name="logits")(x)
    network = keras.Model(image, keras.layers.Softmax(name="probabilities")(x), name="efficientnet_lite0")
    _set_weights(network, tensors)
    return network


def _convolution(
    x: Tensor, name: str, filters: int, kernel: int = 1, stride: int = 1, *, act: bool = True
) -> Tensor:
    activation = "relu6" if act else None
    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", activation=activation, name=name)
    return layer(x)


def _block(x: Tensor, name: str, block: Stage) -> Tensor:
    """An inverted residual: expand, filter each channel, project; add the input where the shapes agree."""
    entry = x
    if block.expand != 1:
        x = _convolution(x, f"{name}_expand", block.inputs * block.expand)
    depthwise = keras.layers.DepthwiseConv2D(
        block.kernel, block.stride, padding="same", activation="relu6", name=f"{name}_depthwise"
    )
    x = _convolution(depthwise(x), f"{name}_project", block.outputs, act=False)
    if block.stride == 1 and block.inputs == block.outputs:
        x = keras.layers.Add(name=f"{name}_add")([entry, x])
    return x


def _set_weights(network: Model, tensors: Mapping[str, NDArray[Any]]) -> None:
    for layer, convolution, norm in _tensor_names():
        kernel, bias = _folded(tensors, convolution, norm)
        axes = (2, 3, 0, 1) if layer.endswith("_depthwise") else (2, 3, 1, 0)
        network.get_layer(layer).set_weights([np.transpose(kernel, axes), bias])
    network.get_layer("logits").set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])


def _folded(
    tensors: Mapping[str, NDArray[Any]], convolution: str, norm: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Folds a batch normalisation into the convolution before it (the output channel is the first axis).

    gamma * (w * x - mean) / sqrt(var + eps) + beta = (s w) * x + beta - s mean; s = gamma / sqrt(var + eps).
    Computed in float64, so that the only loss is the last rounding to float32.
    """
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
    kernel = tensors[f"{convolution}.weight"] * scale[:, None, None, None]
    return kernel.astype(np.float32), (beta - scale * mean).astype(np.float32)


def _tensor_names() -> Iterator[tuple[str, str, str]]:
    """Each convolution: its layer here, the name of its tensor, the name of its batch normalisation."""
    yield "stem", "_conv_stem", "_bn0"
    for number, block in enumerate(blocks()):
        there = f"_blocks.{number}"
        if block.expand != 1:
            yield f"block{number}_expand", f"{there}._expand_conv", f"{there}._bn0"
        yield f"block{number}_depthwise", f"{there}._depthwise_conv", f"{there}._bn1"
        yield f"block{number}_project", f"{there}._project_conv", f"{there}._bn2"
    yield "head", "_conv_head", "_bn1"


def save_reproducibly(network: Model, path: Path) -> None:
    """Saves a `.keras` file without dates and addresses, so that the same weights give the same bytes."""
    network.save(path)
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            target.writestr(zipfile.ZipInfo(name, FIXED_DATE), _REPRODUCIBLE.get(name, bytes)(data))


def _without_date(metadata: bytes) -> bytes:
    kept = {key: value for key, value in json.loads(metadata).items() if key != "date_saved"}
    return json.dumps(kept).encode()


def _with_counted_ids(config: bytes) -> bytes:
    """Keras names a shared object by its address in memory; a running number tells them apart as well."""
    numbers: dict[bytes, int] = {}

    def counted(match: re.Match[bytes]) -> bytes:
        return b"%s%d" % (match[1], numbers.setdefault(match[2], len(numbers)))

    return re.sub(rb'("shared_object_id": )(\d+)', counted, config)


_REPRODUCIBLE: Final = {"metadata.json": _without_date, "config.json": _with_counted_ids}
