from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import layout
from tf2exe.config.build_info import BuildInfo
from tf2exe.errors import ParityError
from tf2exe.package.stage import Package
from tf2exe.samples.runner import RunResult
from tf2exe.verify.compare import Comparison, Difference
from tf2exe.verify.isolation import copy_executable, minimal_environment
from tf2exe.verify.sides import Comparator
from tf2exe.verify.stage import Parity, raise_on_difference, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]


@pytest.mark.promise("parity", "Executables are verified without Python, PATH or a home directory.")
def test_the_environment_is_minimal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/x")
    monkeypatch.setenv("PYTHONHOME", "/x")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/x")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("DISPLAY", raising=False)
    env = minimal_environment(tmp_path)
    assert not [key for key in env if key.startswith(("PYTHON", "LD_", "DISPLAY", "XAUTHORITY"))]
    assert env["LC_ALL"] == "C.UTF-8"
    assert not os.listdir(env["PATH"])  # noqa: PTH208 - a folder, by name
    assert not list(Path(env["HOME"]).iterdir())


def test_the_screen_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.delenv("XAUTHORITY", raising=False)
    env = minimal_environment(tmp_path)
    assert (env["DISPLAY"], env["XAUTHORITY"]) == (":7", str(Path.home() / ".Xauthority"))
    monkeypatch.setenv("XAUTHORITY", "/run/cookie")
    assert minimal_environment(tmp_path)["XAUTHORITY"] == "/run/cookie"


def test_a_copy_executable(tmp_path: Path) -> None:
    (tmp_path / "folder" / "lib").mkdir(parents=True)
    (tmp_path / "folder" / "run").write_text("program")
    (tmp_path / "folder" / "lib" / "x").write_text("x")
    program = copy_executable(tmp_path / "folder", tmp_path / "clean", "run")
    assert program == tmp_path / "clean" / "run" / "run"
    assert (program.parent / "lib" / "x").read_text() == "x"
    (tmp_path / "folder" / "data").mkdir()
    (tmp_path / "folder" / "data" / "lib").write_text("kept")
    again = copy_executable(tmp_path / "folder", tmp_path / "again", "run")
    (again.parent / "data" / "lib").write_text("the program changed it")
    assert (tmp_path / "folder" / "data" / "lib").read_text() == "kept"
    (tmp_path / "run").write_text("single")
    assert copy_executable(tmp_path / "run", tmp_path / "other", "run").read_text() == "single"


def parity(comparison: Comparison) -> Parity:
    answer = RunResult("one", 0, b"", b"what it said\n", (), Path("/x"), 1.0)
    return Parity((comparison,), (answer,), (1.0,), (1.0,))


def test_a_difference_ends_the_build(tmp_path: Path) -> None:
    different = parity(Comparison("one", Difference("stdout", 2, "a", "b"), ()))
    assert not different.same
    with pytest.raises(
        ParityError, match=r"output differs from Python for sample 'one'.*stdout, line 2"
    ) as caught:
        raise_on_difference(different, tmp_path / "log")
    assert caught.value.log == tmp_path / "log"
    assert "what it said" in (tmp_path / "log").read_text()
    unstable = parity(Comparison("one", Difference("stdout", 1, "a", "b"), (), unstable=True))
    with pytest.raises(ParityError, match=r"cannot be compared.*two runs of Python differ"):
        raise_on_difference(unstable, tmp_path / "log")
    raise_on_difference(parity(Comparison("one", None, ())), tmp_path / "log")


PROGRAM = """\
import pathlib, sys
print(__file__, sys.argv[1:], pathlib.Path.cwd())
print("usage: run.py image")
pathlib.Path("out.txt").write_text("result")
"""


def verified(project: Project, footprint: MakeFootprint, executable: str, **given: object) -> Parity:
    """Verifies a program against a script that stands for its executable."""
    application = project({"run.py": PROGRAM}, entry="run.py", samples=["a.png"], **given)
    application.build.mkdir(parents=True, exist_ok=True)
    built = application.build / "run"
    built.write_text(f"#!{sys.executable}\n{executable}")
    built.chmod(0o755)
    log = application.build / "log"
    comparator = Comparator(application, built, application.build, {})
    first = comparator.run_python(application.samples[0], application.build / "trace")
    return verify(
        application,
        footprint(results=[first]),
        Package(built, "onefile", 1, "", ()),
        log=log,
        on_step=lambda _text: None,
    )


SAME = PROGRAM.replace("run.py image", "run image")


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the executable")
def test_equal_results_in_another_folder(project: Project, footprint: MakeFootprint) -> None:
    result = verified(project, footprint, SAME)
    assert result.same
    assert result.results[0].files
    assert len(result.python_seconds) == len(result.executable_seconds) == 1


@pytest.mark.promise("parity", "A different byte, exit code or written file is a difference.")
@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the executable")
@pytest.mark.parametrize(
    ("executable", "where"),
    [
        (SAME.replace('"result"', '"other"'), "file out.txt"),
        (SAME.replace("run image", "run picture"), "stdout, line 2"),
        (SAME + "sys.stderr.write('more')", "stderr, line 1"),
        (SAME + "sys.exit(1)", "exit code"),
        (SAME.replace("sys.argv[1:]", "sys.argv[2:]"), "stdout, line 1"),
        ("import os; print(os.environ['PYTHONPATH'])", "stdout"),
    ],
)
def test_every_difference_is_an_error(
    project: Project, footprint: MakeFootprint, executable: str, where: str
) -> None:
    with pytest.raises(ParityError, match=where):
        verified(project, footprint, executable)


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the executable")
def test_ignored_files(project: Project, footprint: MakeFootprint) -> None:
    other = SAME.replace('"result"', '"other"')
    result = verified(project, footprint, other, verify={"ignore-files": ["*.log", "out.*"]})
    assert result.comparisons[0].masked == ("file 'out.*'",)
    assert not verified(project, footprint, SAME, verify={"ignore-files": ["out.*"]}).comparisons[0].masked
    with pytest.raises(ParityError, match=r"file out\.txt"):
        verified(project, footprint, other, verify={"ignore-files": ["*.log"]})


FRAME = '  File "{}/{}", line 1, in f\n'
SOURCE_LINE = "    raise ValueError\n"


def test_a_compiled_module_shows_no_source_lines(project: Project) -> None:
    application = project({"run.py": "", "own.py": ""}, entry="run.py")
    root = application.project / "clean"
    (root / "lib" / "tf2exe").mkdir(parents=True)
    BuildInfo(name="run", sourceless=("<application>/own.py",)).write(root / layout.BUILD_INFO)
    comparator = Comparator(application, root / "run", application.project, {})

    def answer(folder: Path, module: str, line: str) -> RunResult:
        text = FRAME.format(folder, module) + line
        return RunResult("one", 1, b"", text.encode(), (), application.project / "folder", 1.0)

    def same(module: str) -> bool:
        python = answer(application.project, module, SOURCE_LINE)
        return comparator.compare([python, python], answer(root, module, ""), lambda: python).same

    assert same("own.py")
    assert not same("other.py")
