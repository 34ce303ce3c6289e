"""Records what a program really uses; Python imports it by its name at the start of a traced sample.

The program runs exactly as its user starts it: only `PYTHONPATH` differs. Events are kept as they happen,
because `sys.modules` at the end is not enough: TensorFlow's `_pywrap_*` stubs run and then put another object
with another `__file__` in their place. One file per process, so that children are seen too.
"""

import sys


def _record():
    import atexit
    import os

    out = os.environ.get("TF2EXE_TRACE")
    if not out:
        return
    executed, imported, opened, read_as_source = set(), set(), set(), set()

    def called_from_linecache():
        try:
            frame, depth = sys._getframe(2), 0
        except ValueError:  # the interpreter itself opens the program
            return None
        while frame is not None and depth < 8:
            if frame.f_globals.get("__name__") == "linecache":
                return frame
            frame, depth = frame.f_back, depth + 1
        return None

    def who_reads(frame):
        """The first caller outside linecache, inspect and tokenize: who wants to see source code."""
        while frame is not None and frame.f_globals.get("__name__") in ("linecache", "inspect", "tokenize"):
            frame = frame.f_back
        return frame.f_code.co_filename if frame is not None else ""

    def hook(event, args):
        if event == "exec":
            code = args[0]
            if getattr(code, "co_name", None) == "<module>":
                executed.add(code.co_filename)
        elif event == "import":
            if isinstance(args[1], str):
                imported.add((args[0], args[1]))
        elif event == "open":
            path, mode, flags = args
            if not isinstance(path, (str, bytes)):
                return
            path = os.fsdecode(path)
            if path.endswith(".py"):
                frame = called_from_linecache()
                if frame is not None:
                    read_as_source.add((os.path.abspath(path), who_reads(frame)))
            elif not path.endswith(".pyc") and not (isinstance(mode, str) and set(mode) & set("wax+")):
                if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR):
                    opened.add(os.path.abspath(path))

    def libraries():
        try:
            with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
                return sorted({line.split(None, 5)[5].rstrip("\n") for line in maps if ".so" in line})
        except (OSError, IndexError):
            return []

    def write():
        import json

        record = {
            "format": 1,
            "executed": sorted(executed),
            "imported": sorted(imported),
            "modules": sorted(
                (name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())
            ),
            "opened": sorted(opened),
            "read_as_source": sorted(read_as_source),
            "libraries": libraries(),
            "search_path": [os.path.abspath(entry) for entry in sys.path],
        }
        path = os.path.join(out, f"trace-{os.getpid()}.json")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as stored:
            json.dump(record, stored)

    atexit.register(write)
    sys.addaudithook(hook)


def _chain():
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
