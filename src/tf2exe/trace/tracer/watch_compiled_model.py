"""Wraps the methods of LiteRT's `CompiledModel` that run a model, so that they record its calls."""

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from typing import Any

    from tf2exe.trace.tracer.record_model_calls import CallRecorder


def watch(module: "Any", recorder: "CallRecorder") -> None:
    """Wraps the methods of compiled models."""
    model_type = module.CompiledModel
    from_file, from_buffer = model_type.from_file.__func__, model_type.from_buffer.__func__
    run_by_index, run_by_name = model_type.run_by_index, model_type.run_by_name

    def recording_from_file(cls: "Any", model_path: "Any", *args: "Any", **kwargs: "Any") -> "Any":
        model = from_file(cls, model_path, *args, **kwargs)
        model.tf2exe_model = recorder.model_file(model_path)
        return model

    def recording_from_buffer(cls: "Any", model_data: "Any", *args: "Any", **kwargs: "Any") -> "Any":
        model = from_buffer(cls, model_data, *args, **kwargs)
        model.tf2exe_model = recorder.model_file(None, model_data)
        return model

    def recording_run_by_index(
        self: "Any", signature_index: int, input_buffers: "list[Any]", output_buffers: "list[Any]"
    ) -> None:
        signature = self.get_signature_by_index(signature_index)
        inputs = _read_buffers(signature["inputs"], input_buffers)
        run_by_index(self, signature_index, input_buffers, output_buffers)
        outputs = _read_buffers(signature["outputs"], output_buffers)
        _write(recorder, self, signature["key"], inputs, outputs)

    def recording_run_by_name(
        self: "Any", signature_key: str, input_map: "dict[str, Any]", output_map: "dict[str, Any]"
    ) -> None:
        inputs = _read_buffers(input_map, input_map.values())
        run_by_name(self, signature_key, input_map, output_map)
        outputs = _read_buffers(output_map, output_map.values())
        _write(recorder, self, signature_key, inputs, outputs)

    model_type.from_file = classmethod(recording_from_file)
    model_type.from_buffer = classmethod(recording_from_buffer)
    model_type.run_by_index, model_type.run_by_name = recording_run_by_index, recording_run_by_name


def _write(
    recorder: "CallRecorder",
    model: "Any",
    signature: str,
    inputs: "list[Any] | None",
    outputs: "list[Any] | None",
) -> None:
    file = getattr(model, "tf2exe_model", None)  # there are other ways to create a model
    if file is not None and inputs is not None and outputs is not None:
        recorder.write(file, signature, inputs, outputs)


def _read_buffers(names: "Any", buffers: "Any") -> "list[Any] | None":
    """(name, copy) of each buffer; None: LiteRT cannot convert one of them to a NumPy array."""
    import math

    arrays = []
    for name, buffer in zip(names, buffers, strict=False):
        try:
            details = buffer.get_tensor_details()
            shape = tuple(details["shape"])
            arrays.append((name, buffer.read(math.prod(shape), details["dtype"]).reshape(shape)))
        except (RuntimeError, TypeError, ValueError):
            return None
    return arrays
