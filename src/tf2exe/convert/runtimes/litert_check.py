"""Checks whether LiteRT can run a model. Runs in the child process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

UNSUPPORTED = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)
UNRESOLVED = re.compile(r"unresolved custom op: (\S+?)\.")
ILLEGAL = re.compile(r"'tf\.(\w+)' op ")
TOO_NEW = re.compile(r"builtin opcode '(\w+)' version '(\d+)'")
UNKNOWN = re.compile(r"(?:Could not locate|Unknown) (class|function|layer|object):? '([^']+)'")
CAUSE = "Exception encountered: "
SIZES = (64, 224, 512)
"""Values for the dimensions of inputs that a model does not fix, tried in this order."""


def check_model(model: dict[str, Any]) -> dict[str, Any]:
    """Checks whether LiteRT can run a file.

    If the program chooses dimensions of the inputs, several values are tried. LiteRT's own value is 1 for
    each, which layers refuse that need more than one pixel or step.

    Args:
        model: ``target``, the path of the file.

    Returns:
        Empty: it can; else the result of `describe_failure`.
    """
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - a conversion loads TensorFlow before

    answer: dict[str, Any] = {}
    for size in SIZES:
        is_open = False
        try:
            interpreter = Interpreter(model["target"])
            is_open = _resize(interpreter, size)
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            unresolved = UNRESOLVED.search(str(error))  # LiteRT names the first one
            named = _custom_operations(Path(model["target"])) if unresolved else []
            answer = describe_failure(str(error), *named, loaded=False)
        else:
            return {}
        if not is_open:
            return answer
    return answer if answer["operations"] else {}  # none of SIZES fits; the samples use one that does


def _resize(interpreter: Any, size: int) -> bool:  # noqa: ANN401 - without types
    """Sets the dimensions that a model does not fix, except the batch; False: it fixes all of them."""
    is_open = False
    for tensor in interpreter.get_input_details():
        shape = [int(length) for length in tensor["shape_signature"]]
        if -1 in shape[1:]:
            is_open = True
            sizes = [size if length < 0 else length for length in shape[1:]]
            interpreter.resize_tensor_input(tensor["index"], [abs(shape[0]), *sizes])
    return is_open


def _custom_operations(file: Path) -> list[str]:
    """The names of the operations of a file that LiteRT does not have."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415 - large, and rarely needed

    try:
        model = schema.ModelT.InitFromPackedBuf(file.read_bytes())
        return sorted(code.customCode.decode() for code in model.operatorCodes if code.customCode)
    except Exception:  # noqa: BLE001 - a damaged file can cause any error
        return []


def describe_failure(message: str, *operations: str, loaded: bool = True) -> dict[str, Any]:
    """Finds the cause of a failure in the error message of a library.

    Args:
        message: the error message.
        operations: operations that are known to be unsupported.
        loaded: whether the model could be read.

    Returns:
        ``error``, the first line of the message; ``operations``, the unsupported ones; ``unknown``, classes
        and layers that Keras does not know; ``loaded``.
    """
    named = [name.strip() for found in UNSUPPORTED.findall(message) for name in found.split(",")]
    named += UNRESOLVED.findall(message) + ILLEGAL.findall(message)
    lines = [line.strip() for line in message.rpartition(CAUSE)[2].splitlines() if line.strip()]
    named += [f"{name} version {version}" for name, version in TOO_NEW.findall(message)]
    unknown = sorted({f"{kind} {name}" for kind, name in UNKNOWN.findall(message)})
    return {
        "error": lines[0] if lines else message,
        "operations": sorted({*named, *operations}),
        "unknown": unknown,
        "loaded": loaded,
    }
