"""The fields of a Windows executable that signing changes (as in launchers/onefile/authenticode.c).

Authenticode appends the signature at a multiple of eight bytes, and writes its offset and size into the
header. The checksum of the header changes too.
"""

from __future__ import annotations

import os
import struct
from typing import IO

HEAD_SIZE = 4096
"""The bytes at the start of a file that contain the headers."""

ALIGNMENT = 8

_HEADER_OFFSET, _OPTIONAL, _PE32_PLUS, _CHECKSUM, _CERTIFICATES = 60, 24, 0x20B, 64, 144
_NUMBER, _ENTRY = struct.Struct("<I"), struct.Struct("<II")


def unsigned_size(file: IO[bytes]) -> int:
    """The size of an executable without its signature."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_SIZE)
    header = _find_header(head)
    offset, length = _ENTRY.unpack_from(head, header + _CERTIFICATES) if header else (0, 0)
    return offset if offset and offset % ALIGNMENT == 0 and offset + length == size else size


def zero_signed_fields(launcher: bytes) -> bytes:
    """The bytes of an executable, with zeros in the fields that signing changes."""
    header = _find_header(launcher[:HEAD_SIZE])
    if not header:
        return launcher
    changed = bytearray(launcher)
    changed[header + _CHECKSUM : header + _CHECKSUM + _NUMBER.size] = bytes(_NUMBER.size)
    changed[header + _CERTIFICATES : header + _CERTIFICATES + _ENTRY.size] = bytes(_ENTRY.size)
    return bytes(changed)


def _find_header(head: bytes) -> int:
    """The offset of the optional header; 0 if this is not a 64-bit Windows executable."""
    if len(head) < _HEADER_OFFSET + _NUMBER.size or not head.startswith(b"MZ"):
        return 0
    (header,) = _NUMBER.unpack_from(head, _HEADER_OFFSET)
    if len(head) < header + _OPTIONAL + _CERTIFICATES + _ENTRY.size or head[header : header + 4] != b"PE\0\0":
        return 0
    header += _OPTIONAL
    return header if int.from_bytes(head[header : header + 2], "little") == _PE32_PLUS else 0
