"""LZMA, compressed in Python and decoded by the launcher's own decoder, under sanitizers."""

from __future__ import annotations

import os
import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf2exe import compression, onefile

lzma = pytest.importorskip("lzma", reason="this Python was built without liblzma")

HERE = Path(__file__).parent
MUTATIONS = 40_000 if os.environ.get("TF2EXE_TESTS") == "long" else 3_000
Decode = Callable[[list[tuple[int, bytes]]], list[tuple[int, int]]]


@pytest.fixture(scope="module")
def decode(tmp_path_factory: pytest.TempPathFactory) -> Decode:
    program = tmp_path_factory.mktemp("lzma") / "decode"
    sanitized = ["gcc", "-std=c11", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    sources = [HERE / "decode.c", onefile.LAUNCHERS / "lzma.c"]
    subprocess.run([*sanitized, f"-I{onefile.LAUNCHERS}", *sources, "-o", program], check=True)

    def run(cases: list[tuple[int, bytes]]) -> list[tuple[int, int]]:
        given = b"".join(struct.pack("<II", size, len(stored)) + stored for size, stored in cases)
        done = subprocess.run([program], input=given, capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        answers = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
        assert len(answers) == len(cases)
        return [(result, checksum) for result, checksum in answers]

    return run


def checksum(data: bytes) -> int:
    number = 1
    for byte in data:
        number = (number * 31 + byte) & 0xFFFFFFFF
    return number


def stream(data: bytes, lc: int, lp: int, pb: int, **more: int) -> bytes:
    options = {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": 1 << 24, **more}
    return bytes([pb * 45 + lp * 9 + lc]) + bytes(lzma.compress(data, lzma.FORMAT_RAW, filters=[options]))


def sample(kind: int, size: int) -> bytes:
    """Contents of many shapes: matches near and far, short and long, and none."""
    chance = random.Random(kind)  # noqa: S311
    words = [chance.randbytes(chance.randrange(1, 300)) for _ in range(50)]
    parts: list[bytes] = []
    while sum(map(len, parts)) < size:
        parts.append(chance.choice([chance.choice(words), bytes(chance.randrange(400)), chance.randbytes(9)]))
    return b"".join(parts)[:size]


PROPERTIES = [(lc, lp, pb) for lc in range(5) for lp in range(5 - lc) for pb in range(5)]


@pytest.mark.promise("onefile", "LZMA data decompress to the original bytes with every parameter.")
@pytest.mark.parametrize("level", [11, 16])
def test_what_is_packed_comes_back(decode: Decode, level: int) -> None:
    code = (onefile.LAUNCHERS / "lzma.c").read_bytes() * 3
    whole = [b"", b"x", b"xx", bytes(100_000), code, *(sample(kind, 50_000) for kind in range(8))]
    cases = [(len(data), compression.lzma_stream(data, level)) for data in whole]
    assert decode(cases) == [(0, checksum(data)) for data in whole]


@pytest.mark.promise("onefile", "LZMA data decompress to the original bytes with every parameter.")
def test_all_parameters(decode: Decode) -> None:
    whole = [sample(number, 9_000) for number in range(len(PROPERTIES))]
    modes: tuple[dict[str, Any], ...] = ({}, {"mode": lzma.MODE_FAST, "mf": lzma.MF_HC3, "nice_len": 273})
    for more in modes:
        streams = [stream(data, *p, **more) for data, p in zip(whole, PROPERTIES, strict=True)]
        cases = [(len(data), stored) for data, stored in zip(whole, streams, strict=True)]
        assert decode(cases) == [(0, checksum(data)) for data in whole]


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.binary(max_size=40) | st.sampled_from([b"abc", b"\0" * 30, b"0123456789" * 9])))
def test_any_contents(decode: Decode, data: list[bytes]) -> None:
    whole = b"".join(data)
    assert decode([(len(whole), compression.lzma_stream(whole, 11))]) == [(0, checksum(whole))]


def test_less_than_all_of_it_is_an_error(decode: Decode) -> None:
    data = sample(1, 20_000)
    stored = compression.lzma_stream(data, 11)
    cut = [(len(data), stored[:size]) for size in (*range(10), len(stored) // 2, len(stored) - 40)]
    assert all(result == -1 for result, _ in decode(cut))
    assert decode([(len(data) + 1, stored)])[0][0] == -1  # the end marker is no distance


@pytest.mark.parametrize("first", [40, 13, 225, 255])
def test_frames_of_zstd_and_other_bytes_are_none(decode: Decode, first: int) -> None:
    assert decode([(100, bytes([first]) + bytes(200))])[0][0] == -1
    assert compression.zstd(b"x" * 1000, 10)[0] == 40


@pytest.mark.promise("onefile", "Corrupt LZMA data cause no access out of bounds.")
def test_damaged_and_invented_bytes_stay_inside(decode: Decode) -> None:
    chance = random.Random(7)  # noqa: S311
    data = [sample(kind, 3_000) for kind in range(20)]
    whole = [stream(part, *chance.choice(PROPERTIES)) for part in data]
    cases = []
    for number in range(MUTATIONS):
        stored = bytearray(whole[number % 20] if number % 4 else chance.randbytes(chance.randrange(1, 600)))
        for _ in range(chance.randrange(1, 4)):
            stored[chance.randrange(len(stored))] = chance.randrange(256)
        cases.append((chance.choice([3_000, 3_000, chance.randrange(5_000)]), bytes(stored)))
    found = decode(cases)
    assert {result for result, _ in found} == {0, -1}
