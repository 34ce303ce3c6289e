"""Keeps off standard error what Pillow and its libraries say about damaged files: we say it."""

from __future__ import annotations

import ctypes
import logging
from contextlib import suppress
from functools import cache


@cache
def silence_pillow() -> None:
    """Silences Pillow's logger and libtiff, for the whole process.

    libtiff prints its errors unless it has handlers. Where its functions cannot be found (in Pillow's
    packages for Windows they are hidden) there is no way to silence it.
    """
    from PIL import _imaging  # noqa: PLC0415  dear; not needed for a missing file

    # Without any handler Python prints what is logged.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with suppress(OSError, AttributeError):
        pillow = ctypes.CDLL(_imaging.__file__)  # loaded already; finds functions of its libraries, too
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            function = getattr(pillow, name)
            function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
            function(None)
