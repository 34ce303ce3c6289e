"""Where results go: standard output, or a file that is whole or not there at all."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from image_classifier.errors import OutputError, reason
from image_classifier.interruption import unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes of a file name that are no UTF-8 arrive as lone surrogates. Escaped they can be written, and inside of
# JSON the escape means the same name again.
UNENCODABLE = "backslashreplace"


@contextmanager
def opened_output(path: str | None) -> Iterator[TextIO]:
    """Opens where the results go.

    A file is written under another name in the same folder and renamed when the block ended without an error;
    what had the name before stays untouched until then.

    Args:
        path: The file; None for standard output.

    Raises:
        OutputError: It cannot be written.
        BrokenPipeError: The reader of standard output has gone.
    """
    try:
        if path is None:
            yield _standard_output()
        elif _is_special(path):
            with Path(path).open("w", encoding="utf-8", errors=UNENCODABLE, newline="\n") as stream:
                yield stream
        else:
            yield from _replaced(Path(os.path.realpath(path)))
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        where = "standard output" if path is None else f"the file {path}"
        raise OutputError(f"{where} cannot be written ({reason(error)}); give another --output") from error


def _standard_output() -> TextIO:
    if sys.stdout is None:
        raise OSError("it is closed")
    return sys.stdout


def _is_special(path: str) -> bool:
    """Whether this is a device or pipe such as /dev/null, which must not be replaced by a file."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode)


def _replaced(path: Path) -> Iterator[TextIO]:
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    with suppress(FileNotFoundError):
        if not os.access(path.resolve(strict=True), os.W_OK):
            raise PermissionError("it is write-protected")
    unfinished.add(temporary)
    try:
        with temporary.open("x", encoding="utf-8", errors=UNENCODABLE, newline="\n") as stream:
            yield stream
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        unfinished.discard(temporary)
