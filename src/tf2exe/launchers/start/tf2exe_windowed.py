"""What a Windows program without a console needs: its errors in a file, and no consoles of its children.

It travels only in executables that are built without a console. Like pythonw, these have no standard streams
unless somebody redirects them; then everything is as in any program. Otherwise `sys.stdout` is None, as with
pythonw, and `sys.stderr` writes to a file, which is made when the first text comes. When the program fails
after it has said why, the last line is shown in a message.
"""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 1 << 20
"""Bytes of the file; a larger one becomes NAME.old.log first."""

CREATE_NEW_CONSOLE, DETACHED_PROCESS, CREATE_NO_WINDOW = 0x10, 0x8, 0x8000000
MB_ICONERROR, MB_SETFOREGROUND = 0x10, 0x10000


class Log(io.RawIOBase):
    """A file that is opened when something is written; what cannot be written is lost, and fails nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.last_line = ""
        self._rest = ""
        self._file: io.FileIO | None = None

    def writable(self) -> bool:
        """It is for nothing else."""
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - whatever has bytes
        """Keeps the last line, and writes."""
        written = bytes(data)
        *lines, self._rest = (self._rest + written.decode("utf-8", "replace")).split("\n")
        self.last_line = next((line for line in reversed(lines) if line.strip()), self.last_line)
        try:
            if self._file is None:
                self._file = self._open()
            self._file.write(written)
        except OSError:
            pass
        return len(written)

    def message(self) -> str:
        """The last line that says something."""
        return self._rest.strip() or self.last_line.strip()

    def _open(self) -> io.FileIO:
        from time import strftime

        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        if os.path.exists(self.path) and os.path.getsize(self.path) > LARGEST:
            os.replace(self.path, f"{self.path.removesuffix('.log')}.old.log")
        file = io.FileIO(self.path, "a")
        file.write(f"--- {strftime('%Y-%m-%d %H:%M:%S')}, process {os.getpid()}\r\n".encode())
        return file


def ready() -> None:
    """To be called before the program begins."""
    _hide_consoles()
    if sys.stderr is None:
        log: Any = Log(_path())
        sys.stderr = io.TextIOWrapper(log, "utf-8", "backslashreplace", "\r\n", write_through=True)


def failing(error: BaseException) -> None:
    """To be called with what ends the program, before Python says so; shows a message after that."""
    if isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and not error.code):
        return
    import atexit

    atexit.register(_show)


def _path() -> str:
    place = os.environ.get("LOCALAPPDATA") or os.environ.get("TEMP") or "."
    name = os.path.basename(sys.executable)
    name = name[:-4] if name.lower().endswith(".exe") else name
    return os.path.join(place, "tf2exe", f"{name}.log")


def _show() -> None:
    log = getattr(sys.stderr, "buffer", None)
    if not isinstance(log, Log) or not log.message():
        return  # there is somebody who reads standard error, or the program said nothing
    import ctypes

    user: Any = ctypes.windll.user32  # type: ignore[attr-defined, unused-ignore]
    text = f"{log.message()}\n\n{log.path}"
    user.MessageBoxW(None, text, os.path.basename(sys.executable), MB_ICONERROR | MB_SETFOREGROUND)


def _hide_consoles() -> None:
    """Console programs that this one starts would open a window each."""
    import _winapi

    create: Any = _winapi.CreateProcess  # type: ignore[attr-defined, unused-ignore]

    def create_process(*given: Any) -> Any:  # noqa: ANN401
        application, line, process, thread, inherit, flags, *more = given
        if not flags & (CREATE_NEW_CONSOLE | DETACHED_PROCESS):
            flags |= CREATE_NO_WINDOW
        return create(application, line, process, thread, inherit, flags, *more)

    def system(command: Any) -> int:  # noqa: ANN401 - text, or bytes
        """`os.system`, by way of the function above."""
        from subprocess import call

        return call(command, shell=True)  # noqa: S602 - what the program asks for

    _winapi.CreateProcess = create_process  # type: ignore[attr-defined, unused-ignore]
    os.system = system
