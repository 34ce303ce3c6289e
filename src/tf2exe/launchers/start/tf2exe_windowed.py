"""Windows programs without a console: errors go to a log file, and child processes open no console.

Only executables without a console contain this module. Like pythonw, they have no standard streams unless
these are redirected; then they behave like other programs. Otherwise `sys.stdout` is None, as in pythonw, and
`sys.stderr` writes to a file, which is created with the first output. If the program fails with an error
message, a message box shows its last line.
"""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 1 << 20
"""Maximum bytes of the file; a larger one is renamed to NAME.old.log first."""

CREATE_NEW_CONSOLE, DETACHED_PROCESS, CREATE_NO_WINDOW = 0x10, 0x8, 0x8000000
MB_ICONERROR, MB_SETFOREGROUND = 0x10, 0x10000


class Log(io.RawIOBase):
    """A log file that is opened with the first write. Ignores write errors."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.last_line = ""
        self._rest = ""
        self._file: io.FileIO | None = None

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any bytes-like object
        """Writes to the file, and keeps the last line that is not empty."""
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
        """The last line that is not empty."""
        return self._rest.strip() or self.last_line.strip()

    def _open(self) -> io.FileIO:
        from time import strftime

        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        if os.path.exists(self.path) and os.path.getsize(self.path) > MAX_BYTES:
            os.replace(self.path, f"{self.path.removesuffix('.log')}.old.log")
        file = io.FileIO(self.path, "a")
        file.write(f"--- {strftime('%Y-%m-%d %H:%M:%S')}, process {os.getpid()}\r\n".encode())
        return file


def prepare() -> None:
    """Redirects errors and hides consoles. Called before the program starts."""
    _hide_consoles()
    if sys.stderr is None:
        log: Any = Log(_log_path())
        sys.stderr = io.TextIOWrapper(log, "utf-8", "backslashreplace", "\r\n", write_through=True)


def on_failure(error: BaseException) -> None:
    """Shows a message box at exit. Called with the final exception, before Python prints it."""
    if isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and not error.code):
        return
    import atexit

    atexit.register(_show_message)


def _log_path() -> str:
    folder = os.environ.get("LOCALAPPDATA") or os.environ.get("TEMP") or "."
    name = os.path.basename(sys.executable)
    name = name[:-4] if name.lower().endswith(".exe") else name
    return os.path.join(folder, "tf2exe", f"{name}.log")


def _show_message() -> None:
    log = getattr(sys.stderr, "buffer", None)
    if not isinstance(log, Log) or not log.message():
        return  # standard error is redirected, or there is no message
    import ctypes

    user: Any = ctypes.windll.user32  # type: ignore[attr-defined, unused-ignore]
    text = f"{log.message()}\n\n{log.path}"
    user.MessageBoxW(None, text, os.path.basename(sys.executable), MB_ICONERROR | MB_SETFOREGROUND)


def _hide_consoles() -> None:
    """Starts child processes without a window. Console programs would open one each."""
    import _winapi

    create: Any = _winapi.CreateProcess  # type: ignore[attr-defined, unused-ignore]

    def create_process(*args: Any) -> Any:  # noqa: ANN401
        application, line, process, thread, inherit, flags, *more = args
        if not flags & (CREATE_NEW_CONSOLE | DETACHED_PROCESS):
            flags |= CREATE_NO_WINDOW
        return create(application, line, process, thread, inherit, flags, *more)

    def system(command: Any) -> int:  # noqa: ANN401 - str or bytes
        """Replaces `os.system`, which does not call `CreateProcess` of `_winapi`."""
        from subprocess import call

        return call(command, shell=True)  # noqa: S602 - the program's own command

    _winapi.CreateProcess = create_process  # type: ignore[attr-defined, unused-ignore]
    os.system = system
