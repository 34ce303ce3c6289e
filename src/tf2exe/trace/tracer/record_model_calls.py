"""Records what LiteRT is fed and what it answers, while a program runs.

From these the build compares a converted model with the original one, and calibrates `int8`: with what the
application really feeds its model, whatever it does to its inputs before. One file of lines and one of raw
numbers for each call; `tf2exe/convert/runtimes/model_calls.py` reads them.
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
"""The modules whose classes compute models; modules beside this file put recorders around their methods."""
MOST_CALLS = 1000
MOST_BYTES = 1 << 29
NUMBERS = "biufc"
"""Kinds of NumPy's types that are written as they are: integers, floats, truth values, complex numbers."""


def install(out: str) -> None:
    """Watches for the imports of the modules that compute models."""
    sys.meta_path.insert(0, _Finder(Calls(out)))


class _Finder:
    def __init__(self, calls: "Calls") -> None:
        self.calls, self.waiting = calls, dict(WATCHERS)

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """Leaves the finding to the others and adds a watcher to the loading, once for each module."""
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
                __import__(watcher).watch(module, self.calls)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign] # of this one loader
        return spec


class Calls:
    """Writes calls until there are many."""

    def __init__(self, out: str) -> None:
        self.out, self.calls, self.bytes = out, 0, 0

    def model(self, path: "Any", content: "bytes | None" = None) -> str:
        """The model's file; one that the program read itself is written down."""
        if content is None:
            return os.path.abspath(os.fsdecode(path))
        name = os.path.join(self.out, f"model-{os.getpid()}-{len(content)}.tflite")
        with open(name, "wb") as file:
            file.write(content)
        return name

    def write(self, model: str, signature: str, inputs: "list[Any]", outputs: "list[Any]") -> None:
        """Writes one call, each tensor as its name and an array; texts are no numbers to compare."""
        arrays = [array for _, array in inputs + outputs]
        size = sum(array.nbytes for array in arrays)
        many = self.calls >= MOST_CALLS or self.bytes + size > MOST_BYTES
        if many or not all(array.dtype.kind in NUMBERS for array in arrays):
            return
        self.calls, self.bytes = self.calls + 1, self.bytes + size
        base = os.path.join(self.out, f"call-{os.getpid()}-{self.calls:04}")
        described = [[(name, a.dtype.str, a.shape) for name, a in part] for part in (inputs, outputs)]
        with open(base + ".numbers", "wb") as file:
            file.writelines(array.tobytes() for array in arrays)
        with open(base + ".call.partial", "w", encoding="ascii") as lines:
            lines.write(ascii((model, signature, *described)))
        os.replace(base + ".call.partial", base + ".call")  # a process that is ended leaves no half record
