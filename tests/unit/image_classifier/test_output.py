from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING

import pytest

from image_classifier.errors import OutputError
from image_classifier.output import opened_output

if TYPE_CHECKING:
    from pathlib import Path


def test_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "results.txt"
    file.write_text("before")
    with opened_output(str(file)) as stream:
        stream.write("äfter\n")
        stream.flush()
        assert file.read_text() == "before"
    assert file.read_bytes() == "äfter\n".encode()
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_everything_as_it_was(tmp_path: Path, error: type[BaseException]) -> None:
    file = tmp_path / "results.txt"
    file.write_text("before")

    def fail() -> None:
        with opened_output(str(file)) as stream:
            stream.write("half")
            raise error

    with pytest.raises(error):
        fail()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and modes")
def test_links_and_modes_are_kept(tmp_path: Path) -> None:
    file, link = tmp_path / "results.txt", tmp_path / "link"
    file.touch()
    file.chmod(0o640)
    link.symlink_to(file)
    with opened_output(str(link)) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing" / "x", tmp_path / "n\0l"):
        with pytest.raises(OutputError), opened_output(str(place)):
            pytest.fail("the block must not start")
    assert list(tmp_path.iterdir()) == []


def test_write_protected_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results.txt"
    file.touch()
    monkeypatch.setattr("os.access", lambda *_: False)  # the tests may run as root
    with pytest.raises(OutputError, match="write-protected"), opened_output(str(file)):
        pytest.fail("the block must not start")


def test_closed_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(OutputError, match="closed"), opened_output(None):
        pytest.fail("the block must not start")
