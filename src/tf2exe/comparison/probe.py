"""Runs one program and writes its figures: `python -I -S probe.py RESULT -- COMMAND...`.

This is a separate small process because the kernel reports at least the memory of the parent for a child:
this process has 10 MB, the builder a hundred.
"""

import json
import os
import subprocess  # noqa: TID251 - this process imports no module of tf2exe
import sys
import time


def main() -> int:
    """Runs the command and returns its exit code."""
    result, command = sys.argv[1], sys.argv[3:]
    begin = time.perf_counter_ns()
    figures: dict[str, int] = {}
    if sys.platform == "win32":
        code = subprocess.run(command, check=False).returncode
        end = time.perf_counter_ns()
    else:
        child = os.posix_spawn(command[0], command, os.environ)  # noqa: TID251 - see above
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        end = time.perf_counter_ns()
        figures = _read_io(child)
        _, status, usage = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
        figures["memory"] = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        figures["processor_ns"] = int((usage.ru_utime + usage.ru_stime) * 1e9)
    with open(result, "w", encoding="utf-8") as out:  # noqa: PTH123 - pathlib would cost memory
        json.dump({"begin": begin, "end": end, "exit_code": code, **figures}, out)
    return 0


def _read_io(child: int) -> dict[str, int]:
    """The bytes that an ended process and its children wrote. Linux keeps them until it is reaped."""
    try:
        with open(f"/proc/{child}/io", encoding="ascii") as file:  # noqa: PTH123 - see above
            pairs = dict(line.strip().split(": ") for line in file)
    except (OSError, ValueError):
        return {}
    return {"written": int(pairs["wchar"]), "written_to_disk": int(pairs["write_bytes"])}


if __name__ == "__main__":
    sys.exit(main())
