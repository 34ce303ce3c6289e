from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import __main__, cli, errors
from tf2exe.cli import build

if TYPE_CHECKING:
    from tf2exe.errors import Tf2exeError

SOURCES = str(Path(__main__.__file__).parents[1])


@pytest.mark.parametrize(
    "error", [errors.ConfigurationError, errors.MachineError, errors.SampleError, errors.ParityError]
)
def test_an_error_becomes_one_line_and_its_exit_code(
    error: type[Tf2exeError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object) -> int:
        raise error("what [bold]", "why", "remedy " * 40, Path("/x/build.log"))

    monkeypatch.setattr(build, "run", fail)
    assert __main__.main(["build"]) == error.exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tf2exe: what [bold]: why; remedy ")
    assert err.count("\n") == 1
    assert "(log: /x/build.log)" in err


def test_an_interruption(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "run", interrupt)
    assert __main__.main(["build"]) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_an_interruption_while_the_commands_load(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "import_commands", interrupt)
    assert __main__.main(["build"]) == 130
    assert capsys.readouterr().err.startswith("tf2exe: interrupted: Ctrl-C; ")


def test_a_mistake_of_ours_is_kept_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(*_arguments: object) -> int:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(build, "run", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert __main__.main(["build"]) == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError: of ours" in err
    assert "Traceback" not in err
    (log,) = tmp_path.iterdir()
    assert str(log) in err
    assert "Traceback" in log.read_text()


def test_the_real_command_shows_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tf2exe", "build", "missing.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": SOURCES, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("tf2exe: no program 'missing.py'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", [[], ["bild"], ["build", "--mod", "x"], ["build", "a", "--unknown"]])
def test_wrong_command_lines(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        __main__.main(line)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: tf2exe")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        __main__.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("tf2exe 0.")


def test_explain_without_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert __main__.main(["explain", "numpy", "--build-dir", "build/none"]) == 2
    assert "run `tf2exe build` first" in capsys.readouterr().err


def test_a_command_may_run_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Path.cwd())
    assert __main__.run_in(tmp_path, ["build"]) == 2
    assert "nothing to build" in capsys.readouterr().err
