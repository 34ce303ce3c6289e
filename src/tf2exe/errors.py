"""The errors of tf2exe: each has an exit code, and says what is wrong, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


class Tf2exeError(Exception):
    """An error that ends a command with an exit code.

    Args:
        what: what is wrong, in a few words.
        why: the cause, as far as it is known.
        remedy: what to do.
        log: the file with the output of the tools that ran.

    Attributes:
        exit_code: of the command.
        meaning: of the exit code, for the reference.
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
    """A setting, or a file that a setting names, is wrong."""

    exit_code = 2
    meaning = "a setting is wrong, or names something that does not exist"


class MachineError(Tf2exeError):
    """The machine lacks something that a build requires."""

    exit_code = 3
    meaning = "the machine lacks something that a build requires (see `tf2exe doctor`)"


class SampleError(Tf2exeError):
    """A sample fails in Python, does not end, or starts too many processes."""

    exit_code = 4
    meaning = "a sample fails in Python, does not end, or starts too many processes"


class CompileError(Tf2exeError):
    """Nuitka or the C compiler failed."""

    exit_code = 5
    meaning = "Nuitka or the C compiler failed"


class PackageError(Tf2exeError):
    """The folder or the onefile could not be written."""

    exit_code = 6
    meaning = "the folder or the onefile could not be written"


class ParityError(Tf2exeError):
    """The output of the executable differs from Python."""

    exit_code = 7
    meaning = "the output of the executable differs from Python"


class ConversionError(Tf2exeError):
    """The runtime cannot run a model, or its output differs too much from the original."""

    exit_code = 8
    meaning = "the runtime cannot run a model, or its output differs too much from the original"


class LibraryError(Tf2exeError):
    """A native library that the build requires is missing."""

    exit_code = 9
    meaning = "a native library that the build requires is missing (Windows)"


class InspectionError(Tf2exeError):
    """The inspected file is not a tf2exe executable, or is damaged."""

    exit_code = 10
    meaning = "the inspected file is not a tf2exe executable, or is damaged"


class SigningError(Tf2exeError):
    """The command of the setting `sign-command` failed."""

    exit_code = 11
    meaning = "the signing command failed, or left no signature (Windows)"


class ToolchainError(Tf2exeError):
    """The cross-build toolchain could not be set up, or does not work."""

    exit_code = 12
    meaning = "the cross-build toolchain could not be set up, or does not work"


class InterruptionError(Tf2exeError):
    """The user pressed Ctrl-C."""

    exit_code = 130
    meaning = "interrupted by the user"


class TerminationError(Tf2exeError):
    """The process was stopped by SIGTERM or SIGHUP."""

    exit_code = 143
    meaning = "stopped by SIGTERM or SIGHUP"
