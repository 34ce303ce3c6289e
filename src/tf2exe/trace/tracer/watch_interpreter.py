"""Puts recorders around the methods of LiteRT's `Interpreter` that compute a model."""

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from typing import Any

    from tf2exe.trace.tracer.record_model_calls import Calls


def watch(module: "Any", calls: "Calls") -> None:
    """Records what interpreters and their signature runners compute from now on."""
    interpreter, runner = module.Interpreter, module.SignatureRunner
    create, invoke, call = interpreter.__init__, interpreter.invoke, runner.__call__

    def created(itself: "Any", *given: "Any", **named: "Any") -> None:
        create(itself, *given, **named)
        path, content = (*given, None, None)[:2]
        itself.tf2exe_model = calls.model(named.get("model_path", path), named.get("model_content", content))

    def invoked(itself: "Any") -> None:
        signature, names = _signature(itself)
        inputs = _tensors(itself, itself.get_input_details(), names)
        invoke(itself)
        outputs = _tensors(itself, itself.get_output_details(), names)
        calls.write(itself.tf2exe_model, signature, inputs, outputs)

    def called(itself: "Any", **inputs: "Any") -> "Any":
        answer = call(itself, **inputs)
        model, signature = itself._interpreter.tf2exe_model, itself._signature_key
        calls.write(model, signature, list(inputs.items()), list(answer.items()))
        return answer

    interpreter.__init__, interpreter.invoke, runner.__call__ = created, invoked, called


def _tensors(interpreter: "Any", details: "list[Any]", names: "dict[int, str]") -> "list[Any]":
    return [(names.get(d["index"], d["name"]), interpreter.get_tensor(d["index"])) for d in details]


def _signature(interpreter: "Any") -> "tuple[str, dict[int, str]]":
    """The signature that `invoke` computes, and the names of its tensors, which are those of the original."""
    for key, parts in interpreter._get_full_signature_list().items():
        if interpreter._interpreter.GetSubgraphIndexFromSignature(key) == 0:
            return key, {i: name for part in ("inputs", "outputs") for name, i in parts[part].items()}
    return "", {}
