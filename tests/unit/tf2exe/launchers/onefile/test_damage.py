"""Damaged and forged executables, with a launcher whose mistakes with memory are found (sanitizers).

`TF2EXE_TESTS=long` tries 5,000 of each kind, and a flip in every fourth byte of the launcher.
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
    """A onefile as bytes, and where its parts end."""

    whole: bytes
    launcher: int
    position: int
    footer: int

    @property
    def index(self) -> bytes:
        return zstandard.decompress(self.whole[self.position : self.footer])

    def forged(self, index: bytes) -> bytes:
        """With another index, and hashes that are right."""
        data = zstandard.compress(index)
        end = archive_format.encode_footer(self.whole[: self.launcher], self.position, data, len(index))
        return self.whole[: self.position] + data + end


def dissect(path: Path) -> Sections:
    whole = path.read_bytes()
    size = len(whole)
    _, _, launcher, position, *_ = archive_format.FOOTER.unpack(whole[-archive_format.FOOTER.size :])
    return Sections(whole, launcher, position, size - archive_format.FOOTER.size)


class Patient:
    """Starts what is left of an executable, each time with a cache folder of its own."""

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

    def starts(self, datas: list[bytes]) -> list[Finished]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.start, datas))


def is_told(answer: Finished) -> None:
    assert answer.code == DAMAGED, answer
    assert ONE_LINE.fullmatch(answer.err), answer
    assert answer.out == ""


def flipped(data: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


@pytest.fixture(scope="session")
def sections(bench: Bench) -> Sections:
    bench.make(bench.root / "small", bench.root / "damaged", launcher="sanitized")
    return dissect(bench.root / "damaged")


@pytest.fixture(scope="session")
def patient(bench: Bench) -> Patient:
    folder = bench.root / "patients"
    folder.mkdir()
    return Patient(bench, folder)


class TestBehindTheLauncher:
    """Every byte there is covered by a hash or a comparison."""

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    @EXAMPLES
    @given(data=st.data())
    def test_a_flipped_bit(self, sections: Sections, patient: Patient, data: st.DataObject) -> None:
        borders = [sections.launcher, sections.position, sections.footer, len(sections.whole)]
        part = data.draw(st.sampled_from(range(3)))
        place = data.draw(st.integers(borders[part], borders[part + 1] - 1))
        is_told(patient.start(flipped(sections.whole, place, data.draw(st.integers(0, 7)))))

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    def test_every_byte_of_the_footer(self, sections: Sections, patient: Patient) -> None:
        places = range(sections.footer, len(sections.whole))
        for answer in patient.starts([flipped(sections.whole, place, place % 8) for place in places]):
            is_told(answer)

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    @EXAMPLES
    @given(data=st.data())
    def test_truncated(self, sections: Sections, patient: Patient, data: st.DataObject) -> None:
        length = data.draw(st.integers(sections.launcher, len(sections.whole) - 1))
        is_told(patient.start(sections.whole[:length]))

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    @EXAMPLES
    @given(
        places=st.lists(st.integers(0, 1 << 16), min_size=1, max_size=4),
        new=st.binary(max_size=40),
        removed=st.integers(0, 40),
    )
    @example(places=[0], new=b"", removed=1)
    def test_bytes_replaced_inserted_and_lost(
        self, sections: Sections, patient: Patient, places: list[int], new: bytes, removed: int
    ) -> None:
        data = sections.whole
        for place in places:
            at = sections.launcher + place % (len(sections.whole) - sections.launcher)
            data = data[:at] + new + data[at + removed :]
        if data != sections.whole:
            is_told(patient.start(data))

    def test_something_behind_the_end(self, sections: Sections, patient: Patient) -> None:
        for more in (b"x", b"\0" * 80, sections.whole[-80:], sections.whole):
            answer = patient.start(sections.whole + more)
            assert answer.code == DAMAGED or (more == sections.whole and answer.out.startswith("word "))

    def test_chunks_are_not_needed_once_unpacked(
        self, sections: Sections, patient: Patient, cache: Path
    ) -> None:
        damaged = flipped(sections.whole, sections.launcher + 99, 3)
        is_told(patient.start(damaged, cache))
        assert patient.start(sections.whole, cache).out.startswith("word ")
        assert patient.start(damaged, cache).out.startswith("word ")
        env = {**STRICT, "TF2EXE_CHECK_CACHE": "1"}
        program = cache / "probe.damaged"
        program.write_bytes(damaged)
        program.chmod(0o700)
        answer = patient.bench.run(program, cache=cache, env=env)
        assert answer.code == DAMAGED
        assert " does not match its checksum" in answer.err


class TestInTheLauncher:
    """The launcher looks at itself first; what it stands on until then, only the system can notice."""

    @pytest.mark.promise("onefile", "A flipped bit in the launcher never leads to wrong output.")
    def test_flipped_bits(self, bench: Bench, patient: Patient) -> None:
        parts = dissect(bench.small)
        chance = random.Random(5)  # noqa: S311
        places = range(0, parts.launcher, LAUNCHER_STEP)
        bits = [chance.randrange(8) for _ in places]

        def start(number: int) -> str:
            try:
                answer = patient.start(flipped(parts.whole, places[number], bits[number]))
            except OSError:
                return "not executed"
            except subprocess.TimeoutExpired:
                return "hangs"
            assert answer.code != 0 or answer.out.startswith("word "), answer
            if answer.code == DAMAGED:  # the loader may have warned before
                line = answer.err[answer.err.find("probe: the ex") :]
                return "told" if ONE_LINE.fullmatch(line) else "told badly"
            return "right" if answer.code == 0 else "signal" if answer.code < 0 else "refused"

        with ThreadPoolExecutor(2) as pool:
            found = Counter(pool.map(start, range(len(places))))
        print(found)  # noqa: T201 - the figures of the documentation
        assert found["told"] > 0.95 * len(places)
        assert found["hangs"] <= max(1, 0.001 * len(places))

    def test_truncated(self, bench: Bench, patient: Patient) -> None:
        parts = dissect(bench.small)
        executed = 0
        for length in range(0, parts.launcher, parts.launcher // 40):
            try:
                answer = patient.start(parts.whole[:length])
            except OSError:
                continue
            executed += 1
            assert answer.code != 0
            assert answer.out == ""
        assert executed > 20


class TestForged:
    """An invalid index with correct hashes is rejected before anything is written."""

    @pytest.mark.promise("onefile", "A forged index neither escapes the cache nor corrupts memory.")
    def test_indexes(self, sections: Sections, patient: Patient) -> None:
        raw = sections.index
        chance = random.Random(9)  # noqa: S311

        def spoil() -> bytes:
            index = bytearray(raw)
            for _ in range(chance.randrange(1, 4)):
                index[chance.randrange(len(index))] = chance.choice(
                    [0, 1, 255, 46, 47, chance.randrange(256)]
                )
            return bytes(index[: chance.choice([len(index), chance.randrange(len(index))])])

        bad = [
            (b"lib/word.txt", b"../cac/w.txt"),
            (b"lib/word.txt", b"/tmp/wor.txt"),
            (b"word.txt\0", b"../../../\0"),
        ]
        datas = [sections.forged(raw.replace(old, new)) for old, new in bad]
        assert [answer.code for answer in patient.starts(datas)] == [DAMAGED] * 3
        assert patient.start(sections.forged(raw)).out.startswith("word ")
        for _ in range(50 if LONG else 1):
            for answer in patient.starts([sections.forged(spoil()) for _ in range(100)]):
                # What starts may be other bytes, and end in any way; a mistake of the launcher is reported.
                assert "anitizer" not in answer.err
                assert "runtime error" not in answer.err

    @pytest.mark.promise("onefile", "A forged index neither escapes the cache nor corrupts memory.")
    def test_regions(self, sections: Sections, patient: Patient) -> None:
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
        for answer in patient.starts([sections.forged(index) for index in indexes]):
            assert answer.code == DAMAGED, answer
            assert "table of contents is invalid" in answer.err


def test_the_sanitizers_find_nothing_in_a_sound_life(bench: Bench, cache: Path, tmp_path: Path) -> None:
    program = tmp_path / "probe"
    bench.make(bench.root / "large", program, launcher="sanitized")

    def lives(**more: str) -> None:
        answer = bench.run(program, cache=cache, env={**STRICT, **more})
        assert (answer.code, answer.err.count("\n")) == (0, 0), answer

    steps: list[Callable[[], object]] = [
        lives,
        lives,
        lambda: shutil.rmtree(bench.unpacked(cache) / "lib"),
        lives,
        lambda: lives(TF2EXE_CHECK_CACHE="1"),
        lambda: bench.run(bench.small, cache=cache),
        lambda: lives(TF2EXE_CLEAR_CACHE="1"),
        lambda: (tmp_path / "file").write_text(""),
        lives,
    ]
    for step in steps:
        step()
    assert bench.run(program, cache=tmp_path / "file", env=STRICT).code == NO_CACHE
