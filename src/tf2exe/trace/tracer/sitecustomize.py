"""Records what a traced program loads. Python imports this module by its name when it starts.

The program runs as its user starts it; only `PYTHONPATH` differs. Events are recorded as they happen, because
`sys.modules` at the end is not enough: TensorFlow's `_pywrap_*` modules run and then replace themselves with
another object that has another `__file__`. Each process has its own files, so that child processes are
recorded too. Each event is written at once, because a process may end without running `atexit` functions
(`os._exit`, signals).

Modules that this file imports count as loaded by the program, so it imports few, and as late as possible.
"""

import sys

TYPE_CHECKING = False  # the module `typing` would be loaded into the program
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

MAX_FRAMES = 8
"""The maximum number of frames between linecache and the call that opens a file."""


class _Recorder:
    """Records the events of this process."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.executed: set[str] = set()
        self.imported: set[tuple[str, str]] = set()
        self.opened: set[str] = set()
        self.read_as_source: set[tuple[str, str]] = set()
        self.events = -1

    def open_events(self) -> None:
        """Opens the file for the events of this process. Called again in a forked child."""
        import os

        name = f"trace-{os.getpid()}.lines"
        self.events = os.open(os.path.join(self.out, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def add(self, kind: str, value: "str | tuple[str, str]") -> None:
        """Records an event unless it is already recorded."""
        known = getattr(self, kind)
        if value in known:
            return
        known.add(value)
        if self.events >= 0:
            import os

            os.write(self.events, f"{(kind, value)!a}\n".encode("ascii"))

    def on_audit_event(self, event: str, args: "tuple[Any, ...]") -> None:
        """The audit hook."""
        if event == "exec":
            if getattr(args[0], "co_name", None) == "<module>":
                self.add("executed", args[0].co_filename)
        elif event == "import":
            if isinstance(args[1], str):
                self.add("imported", (args[0], args[1]))
        elif event == "open":
            self._add_opened(*args)

    def _add_opened(self, path: object, mode: object, flags: object) -> None:
        import os

        if not isinstance(path, (str, bytes)):
            return
        name = os.fsdecode(path)
        if name.endswith(".py"):
            frame = _linecache_frame()
            if frame is not None:
                self.add("read_as_source", (os.path.abspath(name), _source_reader(frame)))
        elif not name.endswith(".pyc") and not _writes(mode, flags):
            self.add("opened", os.path.abspath(name))

    def write_record(self) -> None:
        """Writes the record of this process when it ends."""
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
            "libraries": _mapped_libraries(),
        }
        path = os.path.join(self.out, f"trace-{os.getpid()}.json")
        with open(path + ".partial", "w", encoding="utf-8", errors="surrogateescape") as file:
            json.dump(record, file)
        os.replace(path + ".partial", path)  # a killed process leaves no incomplete record


def _writes(mode: object, flags: object) -> bool:
    import os

    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def _linecache_frame() -> "FrameType | None":
    """The frame of linecache that opens a file; None if another module opens it."""
    try:
        # Above the call that opens the file are this function, _add_opened and on_audit_event.
        frame: FrameType | None = sys._getframe(3)
    except ValueError:  # the interpreter itself opens the program
        return None
    for _ in range(MAX_FRAMES):
        if frame is None or frame.f_globals.get("__name__") == "linecache":
            return frame
        frame = frame.f_back
    return None


def _source_reader(frame: "FrameType | None") -> str:
    """The file of the code that reads source: the first caller outside linecache, inspect and tokenize."""
    while frame is not None and frame.f_globals.get("__name__") in ("linecache", "inspect", "tokenize"):
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""


def _mapped_libraries() -> list[str]:
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            return sorted({line.split(None, 5)[5].rstrip("\n") for line in maps if ".so" in line})
    except (OSError, IndexError):
        return []


def _start_recording() -> None:
    import atexit
    import os

    out = os.environ.get("TF2EXE_TRACE")
    if out:
        recorder = _Recorder(out)
        recorder.open_events()
        atexit.register(recorder.write_record)
        sys.addaudithook(recorder.on_audit_event)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=recorder.open_events)
    calls = os.environ.get("TF2EXE_MODEL_CALLS")
    if calls:
        import record_model_calls  # type: ignore[import-not-found] # in the same folder

        record_model_calls.install(calls)


def _run_hidden_sitecustomize() -> None:
    """Runs the sitecustomize of the machine, which this file hides, if there is one."""
    import importlib.machinery
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    folders = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", folders)
    if spec is not None and spec.loader is not None:
        import importlib.util

        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_run_hidden_sitecustomize()
_start_recording()
