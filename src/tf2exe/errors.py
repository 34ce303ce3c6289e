"""What can go wrong in a build; each error has an exit code of its own and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


class Tf2exeError(Exception):
    """A build that cannot go on.

    Args:
        what: what happened, in a few words.
        why: the reason, as far as it is known.
        remedy: what the user can do.
        log: the file that holds everything that was said until then.
    """

    exit_code: ClassVar[int] = 1
    meaning: ClassVar[str] = "an error of tf2exe itself"

    def __init__(self, what: str, why: str, remedy: str, log: Path | None = None) -> None:
        super().__init__(f"{what}: {why}; {remedy}")
        self.what, self.why, self.remedy, self.log = what, why, remedy, log

    def __str__(self) -> str:
        line = f"{self.what}: {self.why}; {self.remedy}"
        return f"{line} (log: {self.log})" if self.log else line


class ConfigurationError(Tf2exeError):
    """The settings, or what they name, are wrong."""

    exit_code = 2
    meaning = "the settings are wrong, or name something that is not there"


class MachineError(Tf2exeError):
    """The machine lacks something that a build needs."""

    exit_code = 3
    meaning = "the machine lacks something that a build needs (see `tf2exe doctor`)"


class SampleError(Tf2exeError):
    """A sample fails in Python, does not end, or starts too many processes."""

    exit_code = 4
    meaning = "a sample fails in Python, does not end, or starts too many processes"


class CompileError(Tf2exeError):
    """Nuitka or the C compiler failed."""

    exit_code = 5
    meaning = "Nuitka or the C compiler failed"


class PackageError(Tf2exeError):
    """The folder or the single file could not be written."""

    exit_code = 6
    meaning = "the folder or the single file could not be written"


class ParityError(Tf2exeError):
    """The executable does not answer like Python."""

    exit_code = 7
    meaning = "the executable does not answer like Python"


class ConversionError(Tf2exeError):
    """A model cannot be computed by the runtime, or answers otherwise there."""

    exit_code = 8
    meaning = "a model cannot be computed by the runtime, or answers otherwise there"


class LibraryError(Tf2exeError):
    """A native library that the build asks for is not in it."""

    exit_code = 9
    meaning = "the build lacks a native library that it asks for (Windows)"


class InspectionError(Tf2exeError):
    """What is to be inspected is no executable of tf2exe, or is damaged."""

    exit_code = 10
    meaning = "what is to be inspected is no executable of tf2exe, or is damaged"


class SigningError(Tf2exeError):
    """The command of the setting `sign-command` failed."""

    exit_code = 11
    meaning = "the command that signs failed, or left no signature (Windows)"


class ToolchainError(Tf2exeError):
    """The toolchain for another platform could not be prepared, or does not work."""

    exit_code = 12
    meaning = "the toolchain for another platform could not be prepared, or does not work"


class InterruptionError(Tf2exeError):
    """The user pressed Ctrl-C."""

    exit_code = 130
    meaning = "interrupted by the user"


class TerminationError(Tf2exeError):
    """The process was told to end, by SIGTERM or SIGHUP."""

    exit_code = 143
    meaning = "told to end (SIGTERM, SIGHUP)"
