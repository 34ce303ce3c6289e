from __future__ import annotations

import random

import pytest

from tf2exe.onefile import codec


def make_table(rows: int) -> bytes:
    """Short repetitions, which low levels do not find."""
    rng = random.Random(2)  # noqa: S311
    words = [rng.randbytes(3) for _ in range(4000)]
    return b"".join(rng.choice(words) + bytes([rng.randrange(256)]) for _ in range(rows))


@pytest.mark.parametrize("level", range(1, codec.FILTERED_LEVEL + 1))
def test_each_level_is_lossless_and_reproducible(level: int) -> None:
    data = make_table(3000)
    stored = codec.compress(data, level)
    assert codec.decompress(stored, len(data)) == data
    assert codec.compress(data, level) == stored


def test_higher_levels_are_smaller() -> None:
    data = make_table(100000)
    sizes = [len(codec.compress(data, level)) for level in (1, 6, 10)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("size", [1, 100, (256 << 10) - 1, (256 << 10) + 1])
def test_small_chunks(size: int) -> None:
    data = make_table(70000)[:size]
    assert codec.decompress(codec.compress(data, 10), size) == data


@pytest.mark.parametrize("stored", [b"", b"x" * 100, codec.compress(b"x" * 100, 1)[:-1]])
def test_damaged_chunks_are_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        codec.decompress(stored, 100)
