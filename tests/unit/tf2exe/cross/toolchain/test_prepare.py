"""Preparing: existing components are kept, changed ones are made again, other folders are not deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tf2exe.cross.toolchain import components, pip, prepare, prewarm, python, rootfs, shims, wine
from tf2exe.cross.toolchain.location import CrossToolchain
from tf2exe.errors import ToolchainError
from tf2exe.system.progress import SilentListener

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("rootfs", "python", "litert", "tensorflow", "compare", "compiler", "prefix", "prewarm")


class Usage(NamedTuple):
    free: int


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CrossToolchain:
    """A toolchain whose components are folders with one file."""
    found = CrossToolchain(tmp_path / "toolchain")

    def create(folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "file").write_text("made", encoding="utf-8")

    def create_prefix(toolchain: CrossToolchain) -> None:
        create(toolchain.prefix)
        create(toolchain.prefix / "drive_c/windows/system32")

    monkeypatch.setattr(rootfs, "create", lambda _wanted, target, **_rest: create(target))
    monkeypatch.setattr(python, "install", lambda _pins, target, **_rest: create(target))
    monkeypatch.setattr(pip, "install_wheels", lambda _wheels, _version, target, **_rest: create(target))
    monkeypatch.setattr(shims, "build", lambda toolchain, **_rest: create(toolchain.programs))
    monkeypatch.setattr(wine, "create_prefix", create_prefix)
    monkeypatch.setattr(prewarm, "build_program", lambda _toolchain, target, **_rest: create(target))
    return found


def prepared(here: CrossToolchain, *groups: str) -> tuple[str, ...]:
    return prepare.prepare(here, SilentListener(), groups=groups or components.PACKAGES)


def test_components_are_made_once(here: CrossToolchain) -> None:
    assert prepared(here) == NAMES
    assert prepare.find_missing(here) == ()
    assert prepared(here) == ()


def test_one_runtime_needs_only_its_packages(here: CrossToolchain) -> None:
    assert prepared(here, "litert") == tuple(name for name in NAMES if name not in ("tensorflow", "compare"))
    assert prepare.find_missing(here, ("litert",)) == ()
    assert prepare.find_missing(here) == ("tensorflow", "compare")


def test_components_before_a_failure_are_kept(here: CrossToolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ToolchainError("pip failed", "no network", "try again")

    with monkeypatch.context() as broken:
        broken.setattr(pip, "install_wheels", fail)
        with pytest.raises(ToolchainError, match="no network"):
            prepared(here)
    assert prepare.find_missing(here) == NAMES[2:]
    assert prepared(here) == NAMES[2:]


@pytest.mark.promise("windows", "Too little disk space for the toolchain is reported in one line.")
def test_too_little_disk_space_is_an_error_before_downloads(
    here: CrossToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(1_000_000_000))
    with pytest.raises(ToolchainError, match=r"has 1\.0 GB free, and 6\.2 GB are required"):
        prepared(here)
    assert prepare.find_missing(here) == NAMES


@pytest.mark.promise("windows", "Too little disk space for the toolchain is reported in one line.")
@pytest.mark.parametrize("failure", [OSError(28, "No space left"), ToolchainError("debootstrap", "", "")])
def test_a_full_disk_is_reported_in_one_line(
    here: CrossToolchain, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    free = iter([Usage(10**12), Usage(0)])

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: next(free))
    monkeypatch.setattr(rootfs, "create", fail)
    with pytest.raises(ToolchainError, match="the disk is full"):
        prepared(here)


def test_deleted_and_changed_components_are_made_again(
    here: CrossToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(here)
    shutil.rmtree(here.prefix)
    assert prepared(here) == ("prefix",)
    monkeypatch.setattr(shims, "read_sources", lambda: (b"another source",))
    assert prepare.find_missing(here) == ("compiler", "prewarm")


def test_deleted_and_truncated_files_are_repaired(here: CrossToolchain) -> None:
    prepared(here)
    assert prepare.find_damaged(here) == {}
    (here.python / "__pycache__").mkdir()
    (here.python / "__pycache__/a.pyc").write_bytes(b"x")
    (here.python / "more").write_text("harmless", encoding="utf-8")
    before = (here.rootfs / "file").stat().st_mtime_ns
    (here.python / "file").write_text("cut", encoding="utf-8")
    (here.packages("litert") / "file").unlink()
    assert prepare.find_damaged(here) == {"python": ("'file'",), "litert": ("'file'",)}
    assert prepare.find_missing(here) == ()
    assert prepared(here) == ("python", "litert")
    assert prepare.find_damaged(here) == {}
    assert (here.rootfs / "file").stat().st_mtime_ns == before


def test_components_without_a_file_list_are_not_damaged(here: CrossToolchain) -> None:
    prepared(here)
    shutil.rmtree(here.folder / "contents")
    assert prepare.find_damaged(here) == {}


def test_remove_deletes_the_folder(here: CrossToolchain) -> None:
    assert prepare.remove(here) is False
    prepared(here)
    assert prepare.remove(here) is True
    assert not here.folder.exists()


def test_remove_refuses_other_folders(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(ToolchainError, match="is not a toolchain"):
        prepare.remove(CrossToolchain(tmp_path))
    assert (tmp_path / "letters").is_dir()
