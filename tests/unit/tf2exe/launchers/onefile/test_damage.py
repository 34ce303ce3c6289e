"""Damaged and forged onefiles, with a launcher that is compiled with sanitizers.

`TF2EXE_TESTS=long` tries 5,000 examples of each kind, and a flipped bit in every fourth byte of the launcher.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tf2exe.onefile import archive_format

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from launcher_bench import Bench, Finished

pytestmark = pytest.mark.build  # half a minute

DAMAGED, NO_CACHE = 113, 114
ONE_LINE = re.compile(r"probe: the executable is damaged: [^\n]+; copy or download it again\n")
STRICT = {"ASAN_OPTIONS": "detect_leaks=0:handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2"}
LONG = os.environ.get("TF2EXE_TESTS") == "long"
EXAMPLES = settings(
    max_examples=5_000 if LONG else 150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LAUNCHER_STEP = 4 if LONG else 751


@dataclass(frozen=True)
class Sections:
    """The bytes of a onefile, the size of its launcher, and the offsets of its index and footer."""

    content: bytes
    launcher: int
    position: int
    footer: int

    @property
    def index(self) -> bytes:
        return zstandard.decompress(self.content[self.position : self.footer])

    def forged(self, index: bytes) -> bytes:
        """The onefile with another index, and valid hashes."""
        data = zstandard.compress(index)
        end = archive_format.encode_footer(self.content[: self.launcher], self.position, data, len(index))
        return self.content[: self.position] + data + end


def read_sections(path: Path) -> Sections:
    content = path.read_bytes()
    size = len(content)
    _, _, launcher, position, *_ = archive_format.FOOTER.unpack(content[-archive_format.FOOTER.size :])
    return Sections(content, launcher, position, size - archive_format.FOOTER.size)


class Starter:
    """Starts damaged executables, each in a new folder with a new cache."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.folder, self.count = bench, folder, 0

    def start(self, data: bytes, cache: Path | None = None) -> Finished:
        self.count += 1
        own = self.folder / f"{self.count}-{os.urandom(4).hex()}"
        own.mkdir()
        descriptor = os.open(own / "probe", os.O_WRONLY | os.O_CREAT, 0o700)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        try:
            return self.bench.run(own / "probe", cache=cache or own / "cache", env=STRICT)
        finally:
            shutil.rmtree(own)

    def start_all(self, contents: list[bytes]) -> list[Finished]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.start, contents))


def assert_reported(answer: Finished) -> None:
    assert answer.code == DAMAGED, answer
    assert ONE_LINE.fullmatch(answer.err), answer
    assert answer.out == ""


def flip_bit(data: bytes, offset: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[offset] ^= 1 << bit
    return bytes(changed)


@pytest.fixture(scope="session")
def sections(bench: Bench) -> Sections:
    bench.make(bench.root / "small", bench.root / "damaged", launcher="sanitized")
    return read_sections(bench.root / "damaged")


@pytest.fixture(scope="session")
def starter(bench: Bench) -> Starter:
    folder = bench.root / "damaged-starts"
    folder.mkdir()
    return Starter(bench, folder)


class TestPayload:
    """A hash or a comparison covers every byte after the launcher."""

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    @EXAMPLES
    @given(data=st.data())
    def test_flipped_bit_is_reported(self, sections: Sections, starter: Starter, data: st.DataObject) -> None:
        borders = [sections.launcher, sections.position, sections.footer, len(sections.content)]
        part = data.draw(st.sampled_from(range(3)))
        place = data.draw(st.integers(borders[part], borders[part + 1] - 1))
        assert_reported(starter.start(flip_bit(sections.content, place, data.draw(st.integers(0, 7)))))

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    def test_flipped_bit_in_every_byte_of_the_footer_is_reported(
        self, sections: Sections, starter: Starter
    ) -> None:
        places = range(sections.footer, len(sections.content))
        for answer in starter.start_all([flip_bit(sections.content, place, place % 8) for place in places]):
            assert_reported(answer)

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    @EXAMPLES
    @given(data=st.data())
    def test_truncated_payload_is_reported(
        self, sections: Sections, starter: Starter, data: st.DataObject
    ) -> None:
        length = data.draw(st.integers(sections.launcher, len(sections.content) - 1))
        assert_reported(starter.start(sections.content[:length]))

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    @EXAMPLES
    @given(
        places=st.lists(st.integers(0, 1 << 16), min_size=1, max_size=4),
        new=st.binary(max_size=40),
        removed=st.integers(0, 40),
    )
    @example(places=[0], new=b"", removed=1)
    def test_replaced_inserted_and_missing_bytes_are_reported(
        self, sections: Sections, starter: Starter, places: list[int], new: bytes, removed: int
    ) -> None:
        data = sections.content
        for place in places:
            offset = sections.launcher + place % (len(sections.content) - sections.launcher)
            data = data[:offset] + new + data[offset + removed :]
        if data != sections.content:
            assert_reported(starter.start(data))

    def test_bytes_after_the_footer_are_reported(self, sections: Sections, starter: Starter) -> None:
        for appended in (b"x", b"\0" * 80, sections.content[-80:], sections.content):
            answer = starter.start(sections.content + appended)
            assert answer.code == DAMAGED or (appended == sections.content and answer.out.startswith("word "))

    def test_damaged_chunk_matters_only_while_unpacking(
        self, sections: Sections, starter: Starter, cache: Path
    ) -> None:
        damaged = flip_bit(sections.content, sections.launcher + 99, 3)
        assert_reported(starter.start(damaged, cache))
        assert starter.start(sections.content, cache).out.startswith("word ")
        assert starter.start(damaged, cache).out.startswith("word ")
        env = {**STRICT, "TF2EXE_CHECK_CACHE": "1"}
        program = cache / "probe.damaged"
        program.write_bytes(damaged)
        program.chmod(0o700)
        answer = starter.bench.run(program, cache=cache, env=env)
        assert answer.code == DAMAGED
        assert " does not match its checksum" in answer.err


class TestLauncher:
    """The launcher checks its own hash first; only the system can detect damage in the code before that."""

    @pytest.mark.promise("onefile", "A flipped bit in the launcher never leads to wrong output.")
    def test_flipped_bits_never_give_wrong_output(self, bench: Bench, starter: Starter) -> None:
        parts = read_sections(bench.small)
        rng = random.Random(5)  # noqa: S311
        places = range(0, parts.launcher, LAUNCHER_STEP)
        bits = [rng.randrange(8) for _ in places]

        def start(number: int) -> str:
            try:
                answer = starter.start(flip_bit(parts.content, places[number], bits[number]))
            except OSError:
                return "not executed"
            except subprocess.TimeoutExpired:
                return "hung"
            assert answer.code != 0 or answer.out.startswith("word "), answer
            if answer.code == DAMAGED:  # the dynamic linker may have printed a warning before
                line = answer.err[answer.err.find("probe: the ex") :]
                return "reported" if ONE_LINE.fullmatch(line) else "damaged report"
            return "right" if answer.code == 0 else "signal" if answer.code < 0 else "refused"

        with ThreadPoolExecutor(2) as pool:
            outcomes = Counter(pool.map(start, range(len(places))))
        print(outcomes)  # noqa: T201 - the figures of the documentation
        assert outcomes["reported"] > 0.95 * len(places)
        assert outcomes["hung"] <= max(1, 0.001 * len(places))

    def test_truncated_launcher_never_gives_output(self, bench: Bench, starter: Starter) -> None:
        parts = read_sections(bench.small)
        executed = 0
        for length in range(0, parts.launcher, parts.launcher // 40):
            try:
                answer = starter.start(parts.content[:length])
            except OSError:
                continue
            executed += 1
            assert answer.code != 0
            assert answer.out == ""
        assert executed > 20


class TestForgedIndex:
    """An invalid index with correct hashes is rejected before anything is written."""

    @pytest.mark.promise("onefile", "A forged index neither escapes the cache nor corrupts memory.")
    def test_invalid_index_is_rejected(self, sections: Sections, starter: Starter) -> None:
        raw = sections.index
        rng = random.Random(9)  # noqa: S311

        def damage_index() -> bytes:
            index = bytearray(raw)
            for _ in range(rng.randrange(1, 4)):
                index[rng.randrange(len(index))] = rng.choice([0, 1, 255, 46, 47, rng.randrange(256)])
            return bytes(index[: rng.choice([len(index), rng.randrange(len(index))])])

        bad = [
            (b"lib/word.txt", b"../cac/w.txt"),
            (b"lib/word.txt", b"/tmp/wor.txt"),
            (b"word.txt\0", b"../../../\0"),
        ]
        contents = [sections.forged(raw.replace(old, new)) for old, new in bad]
        assert [answer.code for answer in starter.start_all(contents)] == [DAMAGED] * 3
        assert starter.start(sections.forged(raw)).out.startswith("word ")
        for _ in range(50 if LONG else 1):
            for answer in starter.start_all([sections.forged(damage_index()) for _ in range(100)]):
                # The damaged program may do anything; the sanitizers report errors of the launcher.
                assert "anitizer" not in answer.err
                assert "runtime error" not in answer.err

    @pytest.mark.promise("onefile", "A forged index neither escapes the cache nor corrupts memory.")
    def test_invalid_regions_are_rejected(self, sections: Sections, starter: Starter) -> None:
        raw = sections.index
        _, count, regions, name, start = archive_format.HEADER.unpack_from(raw)
        chunks_at = archive_format.HEADER.size + name + start + 2
        place = chunks_at + count * archive_format.CHUNK.size
        described = archive_format.CHUNK.iter_unpack(raw[chunks_at:place])
        chunks_at, size = next(
            (chunks_at + number * archive_format.CHUNK.size, size)
            for number, (_, size, inside, _) in enumerate(described)
            if inside >= 2
        )
        offset, length, kind, row = archive_format.REGION.unpack_from(raw, place)
        forged = [
            (size, length, kind, row),
            (size + 1, 0, kind, row),
            (offset, size - offset + 1, kind, row),
            (offset, size - offset, kind, row),  # overlaps the next one
            (offset, 0xFFFFFFFF, kind, row),
            (0xFFFFFFFF, 2, kind, row),
            *((offset, length, wrong, 0) for wrong in (0, 2, 3, 5, 0xFFFF)),
            *((offset, length, 2, wrong) for wrong in (65, 68, 0xFFFC)),
            *((offset, length, 3, wrong) for wrong in (1, 2, 6, 68)),
            (offset, length, 1, 4),
            (offset, length, 4, 4),
        ]
        indexes = [
            raw[:place] + archive_format.REGION.pack(*fields) + raw[place + archive_format.REGION.size :]
            for fields in forged
        ]
        for wrong in (0, regions - 1, regions + 1, 0xFFFFFFFF):
            indexes.append(raw[:8] + wrong.to_bytes(4, "little") + raw[12:])
            indexes.append(raw[: chunks_at + 8] + wrong.to_bytes(4, "little") + raw[chunks_at + 12 :])
        for answer in starter.start_all([sections.forged(index) for index in indexes]):
            assert answer.code == DAMAGED, answer
            assert "table of contents is invalid" in answer.err


def test_sanitizers_find_no_error_with_a_valid_onefile(bench: Bench, cache: Path, tmp_path: Path) -> None:
    program = tmp_path / "probe"
    bench.make(bench.root / "large", program, launcher="sanitized")

    def start_program(**more: str) -> None:
        answer = bench.run(program, cache=cache, env={**STRICT, **more})
        assert (answer.code, answer.err.count("\n")) == (0, 0), answer

    steps: list[Callable[[], object]] = [
        start_program,
        start_program,
        lambda: shutil.rmtree(bench.unpacked(cache) / "lib"),
        start_program,
        lambda: start_program(TF2EXE_CHECK_CACHE="1"),
        lambda: bench.run(bench.small, cache=cache),
        lambda: start_program(TF2EXE_CLEAR_CACHE="1"),
        lambda: (tmp_path / "file").write_text(""),
        start_program,
    ]
    for step in steps:
        step()
    assert bench.run(program, cache=tmp_path / "file", env=STRICT).code == NO_CACHE
