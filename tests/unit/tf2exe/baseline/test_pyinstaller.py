from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.baseline import pyinstaller
from tf2exe.baseline.pyinstaller import count_bytes_and_files, pyinstaller_version, run_pyinstaller
from tf2exe.errors import CompileError, MachineError
from tf2exe.system.progress import SilentListener, Stages

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Path]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a substitute for PyInstaller that writes some files; returns the result of `run_pyinstaller`."""

    def make(*names: str) -> Path:
        def build(command: list[str], *, env: dict[str, str], **_: Any) -> None:  # noqa: ANN401
            assert command[1:3] == ["-m", "PyInstaller"]
            dist, work = (Path(command[command.index(option) + 1]) for option in ("--distpath", "--workpath"))
            for folder in (dist, work, Path(env["PYINSTALLER_CONFIG_DIR"])):
                folder.mkdir()
            for name in names:
                (dist / name).touch()

        monkeypatch.setattr(pyinstaller, "run_logged", build)
        with Stages(("pyinstaller",), SilentListener()).run("pyinstaller") as stage:
            path = run_pyinstaller(tmp_path / "x.spec", tmp_path, tmp_path / "log", stage)
            stage.set_result(path)
        return path

    return make


def test_only_the_result_of_a_build_is_kept(run: Run, tmp_path: Path) -> None:
    assert run("x") == tmp_path / "dist" / "x"
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]


@pytest.mark.parametrize("names", [(), ("x", "y")])
def test_a_build_without_exactly_one_result(run: Run, names: tuple[str, ...]) -> None:
    with pytest.raises(CompileError, match="does not contain exactly one file or folder"):
        run(*names)


def test_pyinstaller_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MachineError, match="PyInstaller is missing"):
        pyinstaller_version()


def test_links_have_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "b").symlink_to("a")
    assert count_bytes_and_files(tmp_path) == (3, 2)
    assert count_bytes_and_files(tmp_path / "a") == (3, 1)
