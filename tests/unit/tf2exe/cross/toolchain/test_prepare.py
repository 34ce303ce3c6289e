"""Pieces of the toolchain: what is there is not made again, what changed is; nothing foreign is deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tf2exe.cross.toolchain import components, pip, prepare, prewarm, python, rootfs, shims, wine
from tf2exe.cross.toolchain.location import Place
from tf2exe.errors import ToolchainError
from tf2exe.system.progress import SilentListener

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("machine", "python", "litert", "tensorflow", "compare", "compiler", "prefix", "warm")


class Usage(NamedTuple):
    free: int


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A toolchain whose pieces are folders with a file in each."""
    found = Place(tmp_path / "toolchain")

    def make(folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "file").write_text("made", encoding="utf-8")

    def make_prefix(place: Place) -> None:
        make(place.prefix)
        make(place.prefix / "drive_c/windows/system32")

    monkeypatch.setattr(rootfs, "make", lambda _wanted, target, **_rest: make(target))
    monkeypatch.setattr(python, "make", lambda _pins, target, **_rest: make(target))
    monkeypatch.setattr(pip, "install_wheels", lambda _wheels, _version, target, **_rest: make(target))
    monkeypatch.setattr(shims, "make", lambda place, **_rest: make(place.programs))
    monkeypatch.setattr(wine, "make_prefix", make_prefix)
    monkeypatch.setattr(prewarm, "make", lambda _place, target, **_rest: make(target))
    return found


def made(here: Place, *groups: str) -> tuple[str, ...]:
    return prepare.prepare(here, SilentListener(), groups=groups or components.PACKAGES)


def test_everything_is_made_once(here: Place) -> None:
    assert made(here) == NAMES
    assert prepare.missing(here) == ()
    assert made(here) == ()


def test_the_packages_of_one_runtime_are_enough_for_it(here: Place) -> None:
    assert made(here, "litert") == tuple(name for name in NAMES if name not in ("tensorflow", "compare"))
    assert prepare.missing(here, ("litert",)) == ()
    assert prepare.missing(here) == ("tensorflow", "compare")


def test_what_an_attempt_has_made_is_kept(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ToolchainError("pip failed", "no network", "try again")

    with monkeypatch.context() as broken:
        broken.setattr(pip, "install_wheels", fail)
        with pytest.raises(ToolchainError, match="no network"):
            made(here)
    assert prepare.missing(here) == NAMES[2:]
    assert made(here) == NAMES[2:]


@pytest.mark.promise("windows", "Too little disk space for the toolchain is reported in one line.")
def test_a_disk_that_is_too_small_is_refused_before_anything_is_downloaded(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(1_000_000_000))
    with pytest.raises(ToolchainError, match=r"has 1\.0 GB free, and 6\.2 GB are required"):
        made(here)
    assert prepare.missing(here) == NAMES


@pytest.mark.promise("windows", "Too little disk space for the toolchain is reported in one line.")
@pytest.mark.parametrize("failure", [OSError(28, "No space left"), ToolchainError("debootstrap", "", "")])
def test_a_disk_that_fills_up_is_told_in_one_line(
    here: Place, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    free = iter([Usage(10**12), Usage(0)])

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: next(free))
    monkeypatch.setattr(rootfs, "make", fail)
    with pytest.raises(ToolchainError, match="the disk is full"):
        made(here)


def test_what_was_deleted_or_changed_is_made_anew(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made(here)
    shutil.rmtree(here.prefix)
    assert made(here) == ("prefix",)
    monkeypatch.setattr(shims, "content", lambda: (b"another source",))
    assert prepare.missing(here) == ("compiler", "warm")


def test_a_file_that_is_gone_or_cut_off_is_noticed_and_mended(here: Place) -> None:
    made(here)
    assert prepare.damaged(here) == {}
    (here.python / "__pycache__").mkdir()
    (here.python / "__pycache__/a.pyc").write_bytes(b"x")
    (here.python / "more").write_text("harmless", encoding="utf-8")
    made_before = (here.machine / "file").stat().st_mtime_ns
    (here.python / "file").write_text("cut", encoding="utf-8")
    (here.packages("litert") / "file").unlink()
    assert prepare.damaged(here) == {"python": ("'file'",), "litert": ("'file'",)}
    assert prepare.missing(here) == ()
    assert made(here) == ("python", "litert")
    assert prepare.damaged(here) == {}
    assert (here.machine / "file").stat().st_mtime_ns == made_before


def test_a_toolchain_of_an_earlier_version_is_not_called_damaged(here: Place) -> None:
    made(here)
    shutil.rmtree(here.folder / "contents")
    assert prepare.damaged(here) == {}


def test_removing(here: Place) -> None:
    assert prepare.remove(here) is False
    made(here)
    assert prepare.remove(here) is True
    assert not here.folder.exists()


def test_a_folder_of_somebody_else_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(ToolchainError, match="is not a toolchain"):
        prepare.remove(Place(tmp_path))
    assert (tmp_path / "letters").is_dir()
