"""Puts recorders around the methods of LiteRT's `CompiledModel` that compute a model."""

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from typing import Any

    from tf2exe.trace.tracer.record_model_calls import Calls


def watch(module: "Any", calls: "Calls") -> None:
    """Records what compiled models compute from now on."""
    kind = module.CompiledModel
    from_file, from_buffer = kind.from_file.__func__, kind.from_buffer.__func__
    by_index, by_name = kind.run_by_index, kind.run_by_name

    def opened(cls: "Any", model_path: "Any", *given: "Any", **named: "Any") -> "Any":
        made = from_file(cls, model_path, *given, **named)
        made.tf2exe_model = calls.model(model_path)
        return made

    def read(cls: "Any", model_data: "Any", *given: "Any", **named: "Any") -> "Any":
        made = from_buffer(cls, model_data, *given, **named)
        made.tf2exe_model = calls.model(None, model_data)
        return made

    def ran_by_index(
        itself: "Any", signature_index: int, input_buffers: "list[Any]", output_buffers: "list[Any]"
    ) -> None:
        signature = itself.get_signature_by_index(signature_index)
        inputs = _arrays(signature["inputs"], input_buffers)
        by_index(itself, signature_index, input_buffers, output_buffers)
        _write(calls, itself, signature["key"], inputs, _arrays(signature["outputs"], output_buffers))

    def ran_by_name(
        itself: "Any", signature_key: str, input_map: "dict[str, Any]", output_map: "dict[str, Any]"
    ) -> None:
        inputs = _arrays(input_map, input_map.values())
        by_name(itself, signature_key, input_map, output_map)
        _write(calls, itself, signature_key, inputs, _arrays(output_map, output_map.values()))

    kind.from_file, kind.from_buffer = classmethod(opened), classmethod(read)
    kind.run_by_index, kind.run_by_name = ran_by_index, ran_by_name


def _write(
    calls: "Calls", model: "Any", signature: str, inputs: "list[Any] | None", outputs: "list[Any] | None"
) -> None:
    file = getattr(model, "tf2exe_model", None)  # a model can be made in other ways
    if file is not None and inputs is not None and outputs is not None:
        calls.write(file, signature, inputs, outputs)


def _arrays(names: "Any", buffers: "Any") -> "list[Any] | None":
    """Copies of what buffers hold; None: one is of a type that LiteRT does not give to NumPy."""
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
