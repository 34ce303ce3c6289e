"""Records the inputs and outputs of LiteRT's models while a program runs.

The build compares a converted model with the original one for these inputs, and calibrates `int8` with them:
they are what the application passes to its model, after any preprocessing. Each call has a file with its
description and a file of raw numbers; `tf2exe/convert/runtimes/model_calls.py` reads them.
"""

import os
import sys

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from typing import Any

WATCHERS = {
    "ai_edge_litert.interpreter": "watch_interpreter",
    "ai_edge_litert.compiled_model": "watch_compiled_model",
}
"""The modules whose classes run models, each with the module in this folder that wraps their methods."""

MAX_CALLS = 1000
MAX_BYTES = 1 << 29
NUMERIC_KINDS = "biufc"
"""Kinds of NumPy data types that are recorded: booleans, integers, floats and complex numbers."""


def install(out: str) -> None:
    """Wraps the modules that run models when the program imports them; calls go to the folder ``out``."""
    sys.meta_path.insert(0, _Finder(CallRecorder(out)))


class _Finder:
    """Finds the modules of `WATCHERS` with the other finders, and wraps their methods after the import."""

    def __init__(self, recorder: "CallRecorder") -> None:
        self.recorder, self.waiting = recorder, dict(WATCHERS)

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """The spec that the other finders return, with a changed loader; once for each module."""
        watcher = self.waiting.pop(name, None)
        if watcher is None:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: "Any") -> None:
                load(module)
                __import__(watcher).watch(module, self.recorder)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign] # only of this loader
        return spec


class CallRecorder:
    """Writes calls, up to a maximum number and size."""

    def __init__(self, out: str) -> None:
        self.out, self.calls, self.bytes = out, 0, 0

    def model_file(self, path: "Any", content: "bytes | None" = None) -> str:
        """The path of a model's file. A model that the program passes as bytes is written to a file."""
        if content is None:
            return os.path.abspath(os.fsdecode(path))
        name = os.path.join(self.out, f"model-{os.getpid()}-{len(content)}.tflite")
        with open(name, "wb") as file:
            file.write(content)
        return name

    def write(self, model: str, signature: str, inputs: "list[Any]", outputs: "list[Any]") -> None:
        """Writes one call, unless a tensor is not numeric.

        Args:
            model: the path of the model's file.
            signature: the name of the signature that was run.
            inputs: (name, array) of each tensor.
            outputs: the same of each output.
        """
        arrays = [array for _, array in inputs + outputs]
        size = sum(array.nbytes for array in arrays)
        is_full = self.calls >= MAX_CALLS or self.bytes + size > MAX_BYTES
        if is_full or not all(array.dtype.kind in NUMERIC_KINDS for array in arrays):
            return
        self.calls, self.bytes = self.calls + 1, self.bytes + size
        base = os.path.join(self.out, f"call-{os.getpid()}-{self.calls:04}")
        described = [[(name, a.dtype.str, a.shape) for name, a in part] for part in (inputs, outputs)]
        with open(base + ".numbers", "wb") as file:
            file.writelines(array.tobytes() for array in arrays)
        with open(base + ".call.partial", "w", encoding="ascii") as file:
            file.write(ascii((model, signature, *described)))
        os.replace(base + ".call.partial", base + ".call")  # a killed process leaves no incomplete record
