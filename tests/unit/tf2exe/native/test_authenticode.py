"""A onefile that was signed, with a real signature, is still whole to whoever reads it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tf2exe.compile import launchers
from tf2exe.errors import ConfigurationError
from tf2exe.launchers import sources
from tf2exe.native import authenticode
from tf2exe.onefile import archive_format, unpack_cache
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.pack import pack_onefile

PARTS = (
    "onefile/blake2b",
    "onefile/filter",
    "onefile/bcj",
    "onefile/eh_frame",
    "onefile/paths",
    "onefile/index",
    "onefile/payload",
    "onefile/authenticode",
    "onefile/zstd_decoder",
    "onefile/posix/files",
    "onefile/posix/errors",
)


@dataclass(frozen=True)
class Files:
    """A onefile as built, as signed, and what the launcher's own code says of a file."""

    plain: Path
    signed: Path
    identity: str
    reader: Path

    def read(self, path: Path) -> str:
        env = {"ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run([self.reader, path], capture_output=True, text=True, check=False, env=env)
        assert done.stderr == ""
        return done.stdout.strip()


def make_reader(output: Path) -> None:
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("the launcher's code is compiled for Linux here")
    here = sources.FOLDER
    files = [output.parent / "reader.c", *(here / f"{name}.c" for name in PARTS)]
    command = [
        "gcc",
        "-fsanitize=address,undefined",
        f"-I{here / 'onefile'}",
        f"-I{launchers.zstd_sources()}",
    ]
    subprocess.run([*command, *files, "-o", output], check=True)


@pytest.fixture(scope="module")
def files(onefile_launcher: Path, sign: list[str], tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("signed")
    folder = root / "folder"
    folder.mkdir()
    (folder / "probe.exe").write_bytes(b"MZ")
    (folder / "data.bin").write_bytes(random.Random(1).randbytes(100_001))  # noqa: S311 - no secret
    packed = pack_onefile(
        folder,
        start="probe.exe",
        launcher=onefile_launcher,
        output=root / "plain.exe",
        compressor=ChunkCompressor(3, 1, None),
        on_progress=lambda _done, _total: None,
    )
    sign = [*sign, "-in", str(packed.path), "-out", str(root / "signed.exe")]
    subprocess.run(sign, check=True, capture_output=True)
    reader = root / "reader"
    shutil.copy(Path(__file__).with_name("authenticode_reader.c"), root / "reader.c")
    make_reader(reader)
    return Files(packed.path, root / "signed.exe", packed.identity, reader)


@pytest.mark.promise("windows", "The payload of a signed onefile is found.")
def test_both_are_read(files: Files) -> None:
    whole = f"probe {files.identity}"
    assert (files.read(files.plain), files.read(files.signed)) == (whole, whole)
    assert (
        unpack_cache.read_program_name(files.plain) == unpack_cache.read_program_name(files.signed) == "probe"
    )


@pytest.mark.promise("windows", "The signature of a onefile is valid and covers the payload.")
def test_the_signature_is_valid_and_covers_the_payload(files: Files, tmp_path: Path) -> None:
    assert verified(files.signed)
    data = bytearray(files.signed.read_bytes())
    data[files.plain.stat().st_size // 2] ^= 1
    (tmp_path / "changed.exe").write_bytes(data)
    assert not verified(tmp_path / "changed.exe")


def verified(path: Path) -> bool:
    """Whether the file has the contents that were signed; nobody vouches for the certificate of a test."""
    done = subprocess.run(
        ["osslsigncode", "verify", "-in", path], capture_output=True, text=True, check=False
    )
    found = dict(line.split(":", 1) for line in done.stdout.splitlines() if "essage digest" in line)
    return found["Current message digest    "] == found["Calculated message digest "]


def test_signing_changes_nothing_but_what_is_forgotten(files: Files) -> None:
    plain, signed = files.plain.read_bytes(), files.signed.read_bytes()
    with files.signed.open("rb") as file:
        assert authenticode.unsigned_size(file) == len(plain)
    assert len(signed) > len(plain)
    assert signed[: len(plain)] != plain
    assert authenticode.zero_signed_fields(signed)[: len(plain)] == authenticode.zero_signed_fields(plain)


def test_signed_twice_and_with_the_signature_removed(files: Files, sign: list[str], tmp_path: Path) -> None:
    signed, twice, bare = str(files.signed), str(tmp_path / "twice.exe"), str(tmp_path / "bare.exe")
    steps = [
        [*sign, "-nest", "-in", signed, "-out", twice],
        ["osslsigncode", "remove-signature", "-in", signed, "-out", bare],
    ]
    for step in steps:
        subprocess.run(step, check=True, capture_output=True)
    assert files.read(tmp_path / "twice.exe") == f"probe {files.identity}"
    assert files.read(tmp_path / "bare.exe") == f"probe {files.identity}"


@pytest.mark.promise("windows", "A flipped bit of a signed onefile is detected.")
def test_a_flipped_bit_of_a_signed_onefile(files: Files, tmp_path: Path) -> None:
    """In front of the signature each is seen, but in the checksum, which nobody reads."""
    whole, size = files.signed.read_bytes(), files.plain.stat().st_size
    header = whole.index(b"PE\0\0") + 24
    checksum = range(header + 64, header + 68)
    entry = range(header + 144, header + 152)
    chance = random.Random(2)  # noqa: S311 - no secret
    places = [*entry, *checksum, *(chance.randrange(size) for _ in range(150)), *range(size - 80, size)]
    for place in places:
        data = bytearray(whole)
        data[place] ^= 1 << chance.randrange(8)
        (tmp_path / "flipped.exe").write_bytes(data)
        answer = files.read(tmp_path / "flipped.exe")
        if place in checksum:
            assert answer == f"probe {files.identity}"
        else:
            assert answer.startswith("damaged: "), hex(place)


@pytest.mark.parametrize("more", [b"x", bytes(8), bytes(4096)])
def test_what_stands_behind_and_is_no_signature(files: Files, tmp_path: Path, more: bytes) -> None:
    (tmp_path / "more.exe").write_bytes(files.plain.read_bytes() + more)
    assert files.read(tmp_path / "more.exe") == "damaged: its end is missing"
    with pytest.raises(ConfigurationError, match="not a onefile"):
        unpack_cache.read_program_name(tmp_path / "more.exe")


def test_truncated_anywhere(files: Files, tmp_path: Path) -> None:
    whole, size = files.signed.read_bytes(), files.plain.stat().st_size
    (tmp_path / "cut.exe").write_bytes(whole[:size])  # the signature alone is lost
    assert files.read(tmp_path / "cut.exe") == f"probe {files.identity}"
    for length in (0, 1, 63, 64, 100, 300, 4096, size // 2, size - 1, size + 1, len(whole) - 1):
        (tmp_path / "cut.exe").write_bytes(whole[:length])
        assert files.read(tmp_path / "cut.exe").startswith("damaged: "), length


def test_a_header_of_any_numbers(files: Files, tmp_path: Path) -> None:
    """Whatever the header says, nothing outside the file is read (the reader has sanitizers)."""
    whole = files.signed.read_bytes()
    for offset in (0, 1, 63, 4095, 4096, 2**31, 2**32 - 1, 2**32 - 24, len(whole)):
        data = bytearray(whole)
        data[60:64] = offset.to_bytes(4, "little")
        (tmp_path / "header.exe").write_bytes(data)
        assert files.read(tmp_path / "header.exe").startswith("damaged: "), offset


def test_the_end_is_where_a_signature_may_begin(files: Files) -> None:
    assert files.plain.stat().st_size % authenticode.ALIGNMENT == 0
    assert all(
        (start + len(archive_format.pad_index(b"x" * length, start)) + archive_format.FOOTER.size)
        % authenticode.ALIGNMENT
        == 0
        for start in range(8)
        for length in range(8)
    )
