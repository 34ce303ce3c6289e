"""Whether LiteRT can compute a file, and what hinders: runs in the process of `litert_child.py`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

OPERATIONS = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)
UNRESOLVED = re.compile(r"unresolved custom op: (\S+?)\.")
IN_THE_WAY = re.compile(r"'tf\.(\w+)' op ")
TOO_NEW = re.compile(r"builtin opcode '(\w+)' version '(\d+)'")
UNKNOWN = re.compile(r"(?:Could not locate|Unknown) (class|function|layer|object):? '([^']+)'")
CAUSE = "Exception encountered: "
SIZES = (64, 224, 512)
"""Of what a model leaves open, tried in this order."""


def check(model: dict[str, Any]) -> dict[str, Any]:
    """Whether LiteRT can compute a file.

    One whose inputs have sizes that the program chooses is tried with several: LiteRT starts with 1 for each,
    which layers that look at more than one pixel or step refuse.
    """
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - what converts, loads TensorFlow first

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
            answer = failed(str(error), *named, loaded=False)
        else:
            return {}
        if not is_open:
            return answer
    return answer if answer["operations"] else {}  # no size of ours fits; the samples show one that does


def _resize(interpreter: Any, size: int) -> bool:  # noqa: ANN401 - without types
    """Sets the sizes that a model leaves open, but the first one, the batch; False: it leaves none open."""
    is_open = False
    for tensor in interpreter.get_input_details():
        shape = [int(length) for length in tensor["shape_signature"]]
        if -1 in shape[1:]:
            is_open = True
            sizes = [size if length < 0 else length for length in shape[1:]]
            interpreter.resize_tensor_input(tensor["index"], [abs(shape[0]), *sizes])
    return is_open


def _custom_operations(file: Path) -> list[str]:
    """Names of the operations that a file has beside those of LiteRT."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415 - large, and mostly not needed

    try:
        model = schema.ModelT.InitFromPackedBuf(file.read_bytes())
        return sorted(code.customCode.decode() for code in model.operatorCodes if code.customCode)
    except Exception:  # noqa: BLE001 - what is no model can make the reader fail in any way
        return []


def failed(why: str, *operations: str, loaded: bool = True) -> dict[str, Any]:
    """What hinders.

    Args:
        why: what was said.
        operations: that are known to be in the way.
        loaded: whether the model could be read at all.
    """
    named = [name.strip() for found in OPERATIONS.findall(why) for name in found.split(",")]
    named += UNRESOLVED.findall(why) + IN_THE_WAY.findall(why)
    lines = [line.strip() for line in why.rpartition(CAUSE)[2].splitlines() if line.strip()]
    named += [f"{name} version {version}" for name, version in TOO_NEW.findall(why)]
    unknown = sorted({f"{kind} {name}" for kind, name in UNKNOWN.findall(why)})
    return {
        "error": lines[0] if lines else why,
        "operations": sorted({*named, *operations}),
        "unknown": unknown,
        "loaded": loaded,
    }
