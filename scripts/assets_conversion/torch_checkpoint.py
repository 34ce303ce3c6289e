"""Reads an old-format (before 1.6, not zipped) PyTorch checkpoint without PyTorch.

The file is a sequence of pickles (magic number, protocol, system information, the ordered dictionary of
lazily rebuilt tensors, the list of storage keys), followed by each storage as a little-endian int64 count
and its raw items (`torch.serialization._legacy_save`).
"""

from __future__ import annotations

import collections
import pickle
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC: Final = 0x1950A86A20F9469CFC6C
PROTOCOL: Final = 1001
STORAGE_TYPES: Final = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Tensor:
    storage_key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]


class _RestrictedUnpickler(pickle.Unpickler):
    """Knows the four names that a checkpoint of plain tensors needs, and refuses every other."""

    def __init__(self, file: IO[bytes], dtypes: dict[str, np.dtype[Any]]) -> None:
        super().__init__(file)
        self._dtypes = dtypes

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  as in the base class
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        raise pickle.UnpicklingError(f"a checkpoint of tensors does not need {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:  # noqa: ANN401  as in the base class
        kind, dtype, key, _device, _count, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"unknown kind of stored object: {kind!r}, view {view!r}")
        self._dtypes[key] = dtype
        return _Storage(key, dtype)


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_unused: object
) -> _Tensor:
    """Stands in for `torch._utils._rebuild_tensor_v2`: remembers where the items are."""
    return _Tensor(storage.key, offset, tuple(shape), tuple(strides))


def read_tensors(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Reads all tensors of a checkpoint.

    Args:
        file: The open checkpoint.

    Returns:
        Name of each tensor and its values, in the shape that PyTorch knows.

    Raises:
        ValueError: The file is not an old-format checkpoint.
        pickle.UnpicklingError: The file wants something else than tensors.
    """
    dtypes: dict[str, np.dtype[Any]] = {}

    def load() -> Any:  # noqa: ANN401  a pickle holds anything
        return _RestrictedUnpickler(file, dtypes).load()

    if (load(), load()) != (MAGIC, PROTOCOL):
        raise ValueError("this is not an old-format PyTorch checkpoint")
    if not load()["little_endian"]:
        raise ValueError("a big-endian checkpoint is not supported")
    tensors: dict[str, _Tensor] = load()
    storages = {key: _read_storage(file, dtypes[key]) for key in load()}
    return {name: _view(tensor, storages[tensor.storage_key]) for name, tensor in tensors.items()}


def _read_storage(file: IO[bytes], dtype: np.dtype[Any]) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little", signed=True)
    return np.frombuffer(file.read(count * dtype.itemsize), dtype, count)


def _view(tensor: _Tensor, storage: NDArray[Any]) -> NDArray[Any]:
    # PyTorch counts strides in items, NumPy in bytes.
    strides = tuple(stride * storage.itemsize for stride in tensor.strides)
    return np.ndarray(tensor.shape, storage.dtype, storage, tensor.offset * storage.itemsize, strides)
