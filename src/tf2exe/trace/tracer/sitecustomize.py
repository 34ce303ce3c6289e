"""Records what a program really uses; Python imports it by its name at the start of a traced sample.

The program runs exactly as its user starts it: only `PYTHONPATH` differs. Events are kept as they happen,
because `sys.modules` at the end is not enough: TensorFlow's `_pywrap_*` stubs run and then put another object
with another `__file__` in their place. One file per process, so that children are seen too; each event is
written at once, because children may be ended without Python's help (`os._exit`, signals).

What this file imports is seen as the program's, so that it imports little, and late.
"""

import sys

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

DEEPEST = 8
"""Frames between linecache and the call that opens a file, at most."""


class _Recorder:
    """Keeps the events of this process and writes them at its end."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.executed: set[str] = set()
        self.imported: set[tuple[str, str]] = set()
        self.opened: set[str] = set()
        self.read_as_source: set[tuple[str, str]] = set()
        self.stream = -1

    def open_stream(self) -> None:
        """From now on each event of this process, which may be a forked child, is written to its own file."""
        import os

        name = f"trace-{os.getpid()}.lines"
        self.stream = os.open(os.path.join(self.out, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def keep(self, kind: str, value: "str | tuple[str, str]") -> None:
        """Keeps an event that has not been seen yet."""
        known = getattr(self, kind)
        if value in known:
            return
        known.add(value)
        if self.stream >= 0:
            import os

            os.write(self.stream, f"{(kind, value)!a}\n".encode("ascii"))

    def hook(self, event: str, args: "tuple[Any, ...]") -> None:
        """Takes an audit event."""
        if event == "exec":
            if getattr(args[0], "co_name", None) == "<module>":
                self.keep("executed", args[0].co_filename)
        elif event == "import":
            if isinstance(args[1], str):
                self.keep("imported", (args[0], args[1]))
        elif event == "open":
            self._open(*args)

    def _open(self, path: object, mode: object, flags: object) -> None:
        import os

        if not isinstance(path, (str, bytes)):
            return
        name = os.fsdecode(path)
        if name.endswith(".py"):
            frame = _called_from_linecache()
            if frame is not None:
                self.keep("read_as_source", (os.path.abspath(name), _who_reads(frame)))
        elif not name.endswith(".pyc") and not _writes(mode, flags):
            self.keep("opened", os.path.abspath(name))

    def write(self) -> None:
        """Writes the record of this process."""
        import json
        import os

        record = {
            "format": 1,
            "executed": sorted(self.executed),
            "imported": sorted(self.imported),
            "modules": sorted(
                (name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())
            ),
            "opened": sorted(self.opened),
            "read_as_source": sorted(self.read_as_source),
            "libraries": _libraries(),
        }
        path = os.path.join(self.out, f"trace-{os.getpid()}.json")
        with open(path + ".partial", "w", encoding="utf-8", errors="surrogateescape") as stored:
            json.dump(record, stored)
        os.replace(path + ".partial", path)  # a process that is ended while it writes leaves no half record


def _writes(mode: object, flags: object) -> bool:
    import os

    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def _called_from_linecache() -> "FrameType | None":
    try:
        # This function, _open and hook are on top of the call that opens the file.
        frame: FrameType | None = sys._getframe(3)
    except ValueError:  # the interpreter itself opens the program
        return None
    for _ in range(DEEPEST):
        if frame is None or frame.f_globals.get("__name__") == "linecache":
            return frame
        frame = frame.f_back
    return None


def _who_reads(frame: "FrameType | None") -> str:
    """The first caller outside linecache, inspect and tokenize: who wants to see source code."""
    while frame is not None and frame.f_globals.get("__name__") in ("linecache", "inspect", "tokenize"):
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""


def _libraries() -> list[str]:
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            return sorted({line.split(None, 5)[5].rstrip("\n") for line in maps if ".so" in line})
    except (OSError, IndexError):
        return []


def _record() -> None:
    import atexit
    import os

    out = os.environ.get("TF2EXE_TRACE")
    if out:
        recorder = _Recorder(out)
        recorder.open_stream()
        atexit.register(recorder.write)
        sys.addaudithook(recorder.hook)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=recorder.open_stream)
    calls = os.environ.get("TF2EXE_MODEL_CALLS")
    if calls:
        import record_model_calls  # type: ignore[import-not-found] # lies beside this file

        record_model_calls.install(calls)


def _chain() -> None:
    """Runs the sitecustomize that this file hides, if the machine has one."""
    import importlib.machinery
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        import importlib.util

        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_chain()
_record()
