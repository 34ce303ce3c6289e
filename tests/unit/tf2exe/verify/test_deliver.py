from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import PackageError
from tf2exe.package.stage import Package
from tf2exe.verify.deliver import deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application

    Project = Callable[..., Application]


def folder_of(application: Application, text: str = "new") -> Package:
    """A folder, as the stage package returns it."""
    folder = application.build / "folder"
    (folder / "lib" / "tf2exe").mkdir(parents=True, exist_ok=True)
    (folder / application.name).write_text(text)
    return Package(folder, "standalone", 3, "", ())


def file_of(application: Application, text: str = "new") -> Package:
    """A onefile, as the stage package returns it."""
    application.build.mkdir(parents=True, exist_ok=True)
    path = application.build / application.name
    path.write_text(text)
    path.chmod(0o755)
    return Package(path, "onefile", 3, "", ())


def test_both_modes_replace_an_earlier_build_of_either_mode(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": ""}, entry="run.py")
    final = tmp_path / "dist" / "run"
    for make in (folder_of, folder_of, file_of, file_of, folder_of):
        assert deliver(application, make(application)) == final
        assert [path.name for path in (tmp_path / "dist").iterdir()] == ["run"]
        assert final.is_dir() is (make is folder_of)
    assert (final / "run").read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_onefile_is_executable(project: Project) -> None:
    application = project({"run.py": ""}, entry="run.py")
    assert deliver(application, file_of(application)).stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("make", [folder_of, file_of])
def test_a_folder_of_the_user_is_not_replaced(project: Project, make: Callable[..., Package]) -> None:
    files = {"app/__init__.py": "precious", "app/__main__.py": ""}
    application = project(files, entry="app", output_dir=".")
    with pytest.raises(PackageError, match="was not created by tf2exe"):
        deliver(application, make(application))
    assert (application.project / "app" / "__init__.py").read_text() == "precious"
    assert not list(application.project.glob(".app*"))


@pytest.mark.parametrize("make", [folder_of, file_of])
def test_the_source_is_not_replaced(project: Project, make: Callable[..., Package]) -> None:
    application = project({"run": "print('precious')"}, entry="run", output_dir=".")
    with pytest.raises(PackageError, match="was not created by tf2exe"):
        deliver(application, make(application))
    assert (application.project / "run").read_text() == "print('precious')"


def test_nothing_incomplete_is_left(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = project({"run.py": ""}, entry="run.py")
    deliver(application, file_of(application, "old"))

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PackageError, match="No space left on device"):
        deliver(application, file_of(application))
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["run"]
    assert (tmp_path / "dist" / "run").read_text() == "old"
