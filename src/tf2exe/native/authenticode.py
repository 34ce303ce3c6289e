"""The fields that a signature changes in a Windows executable (as in launchers/onefile/authenticode.c).

Authenticode appends the signature at a multiple of eight bytes and enters its offset and size in the header.
The checksum changes with them; nothing else does.
"""

from __future__ import annotations

import os
import struct
from typing import IO

HEAD_SIZE = 4096
"""The headers are in there."""

ALIGNMENT = 8

_HEADER_PLACE, _OPTIONAL, _PE32_PLUS, _CHECKSUM, _CERTIFICATES = 60, 24, 0x20B, 64, 144
_NUMBER, _ENTRY = struct.Struct("<I"), struct.Struct("<II")


def unsigned_size(file: IO[bytes]) -> int:
    """Where an executable's signature begins, or its size without one."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_SIZE)
    header = _find_header(head)
    place, follows = _ENTRY.unpack_from(head, header + _CERTIFICATES) if header else (0, 0)
    return place if place and place % ALIGNMENT == 0 and place + follows == size else size


def without(launcher: bytes) -> bytes:
    """An executable's bytes with zeros where signing changes them, signed or not."""
    header = _find_header(launcher[:HEAD_SIZE])
    if not header:
        return launcher
    changed = bytearray(launcher)
    changed[header + _CHECKSUM : header + _CHECKSUM + _NUMBER.size] = bytes(_NUMBER.size)
    changed[header + _CERTIFICATES : header + _CERTIFICATES + _ENTRY.size] = bytes(_ENTRY.size)
    return bytes(changed)


def _find_header(head: bytes) -> int:
    """Where the optional header begins; 0 for whatever is no Windows executable of 64 bits."""
    if len(head) < _HEADER_PLACE + _NUMBER.size or not head.startswith(b"MZ"):
        return 0
    (header,) = _NUMBER.unpack_from(head, _HEADER_PLACE)
    if len(head) < header + _OPTIONAL + _CERTIFICATES + _ENTRY.size or head[header : header + 4] != b"PE\0\0":
        return 0
    header += _OPTIONAL
    return header if int.from_bytes(head[header : header + 2], "little") == _PE32_PLUS else 0
