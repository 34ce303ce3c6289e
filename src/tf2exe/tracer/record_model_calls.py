"""Records what LiteRT's interpreter is fed and what it answers, while a program runs.

From these the build compares a converted model with the original one, and calibrates `int8`: with what the
application really feeds its model, whatever it does to its inputs before. One file of lines and one of raw
numbers for each call; `tf2exe/runtimes/model_calls.py` reads them.
"""

import os
import sys

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from typing import Any

MODULE = "ai_edge_litert.interpreter"
MOST_CALLS = 1000
MOST_BYTES = 1 << 29


def install(out: str) -> None:
    """Watches for the import of the interpreter's module."""
    sys.meta_path.insert(0, _Finder(out))


class _Finder:
    def __init__(self, out: str) -> None:
        self.out = out

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """Leaves the finding to the others and adds itself to the loading, once."""
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        specs = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: "Any") -> None:
                load(module)
                _Recorder(self.out).watch(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign] # of this one loader
        return spec


class _Recorder:
    """Writes calls until there are many."""

    def __init__(self, out: str) -> None:
        self.out, self.calls, self.bytes = out, 0, 0

    def watch(self, module: "Any") -> None:
        """Puts itself around the methods that compute."""
        interpreter, runner = module.Interpreter, module.SignatureRunner
        create, invoke, call = interpreter.__init__, interpreter.invoke, runner.__call__

        def created(itself: "Any", *given: "Any", **named: "Any") -> None:
            create(itself, *given, **named)
            path, content = (*given, None, None)[:2]
            itself.tf2exe_model = self._model(
                named.get("model_path", path), named.get("model_content", content)
            )

        def invoked(itself: "Any") -> None:
            names = _names(itself)
            inputs = [
                (names.get(d["index"], d["name"]), itself.get_tensor(d["index"]))
                for d in itself.get_input_details()
            ]
            invoke(itself)
            outputs = [
                (names.get(d["index"], d["name"]), itself.get_tensor(d["index"]))
                for d in itself.get_output_details()
            ]
            self._write(itself.tf2exe_model, inputs, outputs)

        def called(itself: "Any", **inputs: "Any") -> "Any":
            answer = call(itself, **inputs)
            self._write(itself._interpreter.tf2exe_model, list(inputs.items()), list(answer.items()))
            return answer

        interpreter.__init__, interpreter.invoke, runner.__call__ = created, invoked, called

    def _model(self, path: "Any", content: "bytes | None") -> str:
        """The model's file; one that the program read itself is written down."""
        if content is None:
            return os.path.abspath(os.fsdecode(path))
        name = os.path.join(self.out, f"model-{os.getpid()}-{len(content)}.tflite")
        with open(name, "wb") as file:
            file.write(content)
        return name

    def _write(self, model: str, inputs: "list[Any]", outputs: "list[Any]") -> None:
        size = sum(array.nbytes for _, array in inputs + outputs)
        if self.calls >= MOST_CALLS or self.bytes + size > MOST_BYTES:
            return
        self.calls, self.bytes = self.calls + 1, self.bytes + size
        base = os.path.join(self.out, f"call-{os.getpid()}-{self.calls:04}")
        described = [[(name, a.dtype.str, a.shape) for name, a in arrays] for arrays in (inputs, outputs)]
        with open(base + ".numbers", "wb") as file:
            file.writelines(array.tobytes() for _, array in inputs + outputs)
        with open(base + ".call.partial", "w", encoding="ascii") as lines:
            lines.write(ascii((model, *described)))
        os.replace(base + ".call.partial", base + ".call")  # a process that is ended leaves no half record


def _names(interpreter: "Any") -> "dict[int, str]":
    """Tensors by the names of the only signature, which are those of the original model."""
    signatures = list(interpreter._get_full_signature_list().values())
    if len(signatures) != 1:
        return {}
    return {i: name for part in ("inputs", "outputs") for name, i in signatures[0][part].items()}
