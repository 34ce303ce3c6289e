"""The archive format in Python and in the launcher."""

from __future__ import annotations

import io
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tf2exe.launchers import sources
from tf2exe.native import authenticode
from tf2exe.onefile import archive_format, filters
from tf2exe.onefile.archive_format import ArchiveEntry, EntryKind, Index, StoredChunk
from tf2exe.onefile.filters import Filter, Region

if TYPE_CHECKING:
    from pathlib import Path


def test_python_and_c_have_the_same_constants() -> None:
    files = (
        "onefile/payload.c",
        "onefile/index.c",
        "onefile/paths.h",
        "onefile/payload.h",
        "onefile/filter.h",
        "onefile/blake2b.h",
    )
    code = "".join((sources.FOLDER / name).read_text() for name in files)
    names = "FORMAT_VERSION|(?:FOOTER|HEADER|REGION|ENTRY|MAGIC|HASH)_SIZE|LARGEST_(?:PATH|NAME|ROW)"
    found = {
        name: int(value) for name, value in re.findall(rf"\b({names}|KIND_\w+|FILTER_\w+) = (\d+)", code)
    }
    assert found == {
        "FORMAT_VERSION": archive_format.VERSION,
        "FOOTER_SIZE": archive_format.FOOTER.size,
        "HEADER_SIZE": archive_format.HEADER.size,
        "REGION_SIZE": archive_format.REGION.size,
        "ENTRY_SIZE": archive_format.ENTRY.size,
        "MAGIC_SIZE": len(archive_format.MAGIC),
        "LARGEST_PATH": archive_format.MAX_PATH_BYTES,
        "LARGEST_NAME": archive_format.MAX_NAME_BYTES,
        "LARGEST_ROW": filters.MAX_ROW_BYTES,
        "HASH_SIZE": archive_format.HASH_SIZE,
        **{f"KIND_{kind.name}": kind.value for kind in EntryKind},
        **{f"FILTER_{kind.name}": kind.value for kind in Filter},
    }
    assert "CHUNK_SIZE = 12 + HASH_SIZE" in code
    assert archive_format.CHUNK.size == 12 + archive_format.HASH_SIZE
    assert r'"\x89tf2exe\n"' in code


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
NUMBERS = st.integers(0, 2**32 - 1)
REGIONS = st.builds(Region, NUMBERS, NUMBERS, st.sampled_from(Filter), st.integers(0, 64))
CHUNKS = st.builds(
    StoredChunk,
    NUMBERS,
    NUMBERS,
    st.binary(min_size=archive_format.HASH_SIZE, max_size=archive_format.HASH_SIZE),
    st.lists(REGIONS, max_size=3).map(tuple),
)
ENTRIES = st.builds(ArchiveEntry, NAMES, st.sampled_from(EntryKind), st.integers(0, 2**64 - 1), NAMES)
INDEXES = st.builds(
    Index, NAMES, NAMES, st.lists(ENTRIES, max_size=5).map(tuple), st.lists(CHUNKS, max_size=4).map(tuple)
)


@given(index=INDEXES)
def test_index_round_trip(index: Index) -> None:
    raw = archive_format.encode_index(index)
    assert archive_format.decode_index(raw) == index
    assert archive_format.decode_program_name(raw) == index.name


INDEX = Index("program", "program", (ArchiveEntry("a", EntryKind.FILE, 5),), (StoredChunk(9, 5, bytes(16)),))


def test_index_with_unknown_kind_is_refused() -> None:
    raw = archive_format.encode_index(INDEX)
    kind_offset = raw.index(archive_format.ENTRY.pack(EntryKind.FILE, 1, 0, 5))
    with pytest.raises(ValueError, match="9"):
        archive_format.decode_index(raw[:kind_offset] + b"\x09" + raw[kind_offset + 1 :])


@pytest.mark.parametrize("size", [0, archive_format.HEADER.size - 1, archive_format.HEADER.size + 20])
def test_truncated_index_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="unpack_from requires a buffer"):
        archive_format.decode_index(archive_format.encode_index(INDEX)[:size])


@pytest.mark.parametrize("offset", range(16))
def test_padded_index_is_one_frame_for_decoders(offset: int) -> None:
    raw = archive_format.encode_index(INDEX)
    padded = archive_format.pad_index(zstandard.ZstdCompressor().compress(raw), offset)
    assert (offset + len(padded) + archive_format.FOOTER.size) % authenticode.ALIGNMENT == 0
    assert zstandard.decompress(padded) == raw


def test_footer_round_trip() -> None:
    launcher, chunks, index = b"launcher" * 9, b"chunks", b"index"
    offset = len(launcher) + len(chunks)
    footer = archive_format.encode_footer(launcher, offset, index, 77)
    read = archive_format.read_footer(io.BytesIO(launcher + chunks + index + footer))
    assert read == archive_format.Footer(
        offset=offset + len(index),
        version=archive_format.VERSION,
        launcher_size=len(launcher),
        index_offset=offset,
        index_size=len(index),
        raw_index_size=77,
        launcher_hash=archive_format.hash_bytes(launcher),
        index_hash=archive_format.hash_bytes(index),
    )


@pytest.mark.parametrize("content", [b"", b"x", bytes(500)])
def test_other_files_have_no_footer(content: bytes) -> None:
    assert archive_format.read_footer(io.BytesIO(content)) is None


def test_hash_is_blake2b(tmp_path: Path) -> None:
    code = '#include "blake2b.h"\n#include <stdio.h>\nint main(void){static unsigned char b[400],h[16];'
    code += "for(int i=0;i<400;i++)b[i]=(unsigned char)i;for(int n=0;n<400;n++){hash_bytes(b,(size_t)n,h);"
    code += 'for(int i=0;i<16;i++)printf("%02x",h[i]);puts("");}}'
    (tmp_path / "hash.c").write_text(code)
    folder = sources.FOLDER
    files = [tmp_path / "hash.c", folder / "onefile/blake2b.c"]
    subprocess.run(["gcc", "-I", folder / "onefile", *files, "-o", tmp_path / "hash"], check=True)
    answer = subprocess.run([tmp_path / "hash"], capture_output=True, text=True, check=True).stdout.split()
    data = bytes(i % 256 for i in range(400))
    assert answer == [archive_format.hash_bytes(data[:length]).hex() for length in range(400)]
