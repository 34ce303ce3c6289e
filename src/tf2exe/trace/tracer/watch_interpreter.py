"""Wraps the methods of LiteRT's `Interpreter` that run a model, so that they record its calls."""

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from typing import Any

    from tf2exe.trace.tracer.record_model_calls import CallRecorder


def watch(module: "Any", recorder: "CallRecorder") -> None:
    """Wraps the methods of interpreters and of their signature runners."""
    interpreter, runner = module.Interpreter, module.SignatureRunner
    create, invoke, call = interpreter.__init__, interpreter.invoke, runner.__call__

    def recording_init(self: "Any", *args: "Any", **kwargs: "Any") -> None:
        create(self, *args, **kwargs)
        path, content = (*args, None, None)[:2]
        self.tf2exe_model = recorder.model_file(
            kwargs.get("model_path", path), kwargs.get("model_content", content)
        )

    def recording_invoke(self: "Any") -> None:
        signature, names = _signature(self)
        inputs = _read_tensors(self, self.get_input_details(), names)
        invoke(self)
        outputs = _read_tensors(self, self.get_output_details(), names)
        recorder.write(self.tf2exe_model, signature, inputs, outputs)

    def recording_call(self: "Any", **inputs: "Any") -> "Any":
        outputs = call(self, **inputs)
        model, signature = self._interpreter.tf2exe_model, self._signature_key
        recorder.write(model, signature, list(inputs.items()), list(outputs.items()))
        return outputs

    interpreter.__init__, interpreter.invoke = recording_init, recording_invoke
    runner.__call__ = recording_call


def _read_tensors(interpreter: "Any", details: "list[Any]", names: "dict[int, str]") -> "list[Any]":
    """(name, array) of each tensor."""
    return [(names.get(d["index"], d["name"]), interpreter.get_tensor(d["index"])) for d in details]


def _signature(interpreter: "Any") -> "tuple[str, dict[int, str]]":
    """The signature that `invoke` runs, and the names of its tensors in the original model."""
    for key, parts in interpreter._get_full_signature_list().items():
        if interpreter._interpreter.GetSubgraphIndexFromSignature(key) == 0:
            return key, {i: name for part in ("inputs", "outputs") for name, i in parts[part].items()}
    return "", {}
