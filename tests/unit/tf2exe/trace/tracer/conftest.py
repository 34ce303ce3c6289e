from __future__ import annotations

from typing import Any

import numpy as np
import pytest


class Recorder:
    """Keeps the calls that a watcher records, with arrays as lists."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def model_file(self, path: object, content: object = None) -> str:
        return f"file of {path or content}"

    def write(self, model: str, signature: str, inputs: list[Any], outputs: list[Any]) -> None:
        lists = [[(name, np.asarray(array).tolist()) for name, array in part] for part in (inputs, outputs)]
        self.calls.append((model, signature, *lists))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
