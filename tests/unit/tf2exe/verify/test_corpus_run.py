from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tf2exe.__main__ import main
from tf2exe.system.process_tree import is_running
from tf2exe.verify import corpus_run, opened_files
from tf2exe.verify.sides import Comparator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Verify = Callable[..., dict[str, object]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the executable")

# Prints a line for each argument, like a program for many inputs; a missing file is an error.
PROGRAM = """\
import os, sys
code = 0
for name in sys.argv[1:]:
    if name == "--lines":
        continue
    if os.path.exists(name):
        print(name, len(open(name, "rb").read()) / 7)
    else:
        print(name, "none")
        print("error: no", name, file=sys.stderr)
        code = 3
if os.environ.get("WRITES"):
    open("out.txt", "w").write("result")
sys.exit(code)
"""
# One argument makes it wait for a process in another session, whose id it writes to a file.
WAITING = """\
import os, subprocess, sys
if sys.argv[1] == "waits":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    with open(os.environ["OMP_STARTED"] + ".new", "w") as file:
        file.write(str(child.pid))
    os.rename(file.name, os.environ["OMP_STARTED"])
    child.wait()
"""
LIST = """\
format = 1
join.all.arguments = ["--lines"]
[[case]]
name = "lines/one"
arguments = ["--lines", "one"]
join = "all"
[[case]]
name = "lines/two"
arguments = ["--lines", "two"]
join = "all"
[[case]]
name = "lines/missing"
arguments = ["--lines", "missing"]
join = "all"
[[case]]
name = "alone/writes"
arguments = ["one"]
environment = { WRITES = "1" }
[[case]]
name = "alone/closed"
arguments = ["one"]
stdout = "closed"
"""


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Compares the program with a changed copy that stands for its executable; returns the JSON."""
    (tmp_path / "corpus").mkdir()
    for name in ("one", "two"):
        (tmp_path / "corpus" / name).write_text(name * len(name))
    (tmp_path / "corpus" / "cases.toml").write_text(LIST)
    (tmp_path / "run.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)

    def compared(executable: str, *options: str, code: int = 7) -> dict[str, object]:
        (tmp_path / "run").write_text(f"#!{sys.executable}\n{executable}")
        (tmp_path / "run").chmod(0o755)
        arguments = ["verify", "run", "--against", "run.py", "--corpus", "corpus", "--json", *options]
        monkeypatch.setattr("tf2exe.verify.opened_files.shutil.which", lambda _: None)
        assert main(arguments) == code
        return dict(json.loads(capsys.readouterr().out))

    return compared


def differing(result: dict[str, object]) -> dict[str, str]:
    cases = result["cases"]
    assert isinstance(cases, list)
    return {case["name"]: case["difference"]["where"] for case in cases if not case["same"]}


def test_equal_outputs(verify: Verify) -> None:
    result = verify(PROGRAM, code=0)
    assert result["same"]
    assert result["processes"] == 3
    assert not differing(result)
    assert verify(PROGRAM, "--alone", code=0)["processes"] == 5


@pytest.mark.promise("build", "A build that fails or is interrupted leaves no executable and no process.")
def test_an_interruption_ends_running_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result of one case interrupts, while the other case waits for a process in another session."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus").mkdir()
    for name in ("ends", "waits"):
        (tmp_path / "corpus" / name).touch()
    (tmp_path / "run.py").write_text(WAITING)
    (tmp_path / "run").write_text(f"#!{sys.executable}\n{WAITING}")
    (tmp_path / "run").chmod(0o755)
    monkeypatch.setenv("OMP_STARTED", str(tmp_path / "started"))

    def interrupt(*_: object) -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(corpus_run, "_case_results", interrupt)
    assert main(["verify", "run", "--against", "run.py", "--corpus", "corpus", "--jobs", "2"]) == 130
    started = int((tmp_path / "started").read_text())
    assert not psutil.pid_exists(started) or not is_running(psutil.Process(started))


@pytest.mark.promise("parity", "`tf2exe verify` names the case, the stream and the line of a difference.")
@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("/ 7)", "/ 7 + (name == 'two') * 1e-15)", {"lines/two": "stdout"}),
        ("error: no", "error:  no", {"lines/missing": "stderr"}),
        ("code = 3", "code = 4", {"all 1 to 3, joined": "exit code"}),
        ("code = 0", "code = 0; sys.stderr.write('warning\\n')", {
            "alone/closed": "stderr", "alone/writes": "stderr", "all 1 to 3, joined": "stderr",
        }),
        ('"result"', '"resulT"', {"alone/writes": "file out.txt"}),
        ('"out.txt"', '"other.txt"', {"alone/writes": "file other.txt"}),
        ("sys.exit(code)", "sys.exit(code or not sys.stdout)", {"alone/closed": "exit code"}),
    ],
)  # fmt: skip
def test_every_difference_names_its_case(verify: Verify, old: str, new: str, where: dict[str, str]) -> None:
    assert PROGRAM.count(old) == 1
    assert differing(verify(PROGRAM.replace(old, new))) == where


def test_missing_output_at_the_end_names_its_case(verify: Verify) -> None:
    result = verify(PROGRAM.replace('print(name, "none")', "sys.exit(3)"))
    assert differing(result) == {"lines/missing": "stdout"}


def test_a_program_that_differs_from_itself(verify: Verify, tmp_path: Path) -> None:
    program = PROGRAM.replace("/ 7)", "/ 7, 'id', os.getpid() + 10**9)")
    (tmp_path / "run.py").write_text(program)
    result = verify(program, "--only", "lines/one")
    assert [(c["unstable"], c["masked"]) for c in result["cases"]] == [(True, [])]  # type: ignore[attr-defined]
    result = verify(program, "--only", "lines/one", "--mask", r"id \d+", code=0)
    assert [c["masked"] for c in result["cases"]] == [[r"mask 'id \d+'"]]  # type: ignore[attr-defined]


def test_files_may_be_ignored(verify: Verify) -> None:
    changed = PROGRAM.replace('"result"', '"other"')
    assert verify(changed, "--ignore-files", "*.txt", code=0)["same"]


def test_outputs_are_saved(verify: Verify, tmp_path: Path) -> None:
    verify(PROGRAM.replace("error: no", "wrong: no"), "--keep", "kept")
    kept = tmp_path / "kept" / "lines_missing"
    assert (kept / "executable.stderr").read_text() == "wrong: no missing\n"
    assert (kept / "python-2.stderr").read_text() == "error: no missing\n"


@pytest.mark.promise("parity", "`tf2exe verify` names the case, the stream and the line of a difference.")
def test_the_table_shows_the_first_difference(
    verify: Verify, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(PROGRAM, code=0)
    (tmp_path / "run").write_text(f"#!{sys.executable}\n{PROGRAM.replace('/ 7', '/ 9')}")
    assert main(["verify", "run", "--against", "run.py", "--corpus", "corpus"]) == 7
    shown = capsys.readouterr().out
    assert "lines/one: stdout, line 1: Python gives 'one 1.2857142857142858\\n', the executable" in shown
    assert [line.split() for line in shown.splitlines() if line.startswith("lines ")] == [
        ["lines", "3", "1", "2"]
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("nothing", "run.py", "corpus"), "no executable nothing"),
        (("corpus", "run.py", "corpus"), "no program in corpus"),
        (("run.py", "nothing.py", "corpus"), "no program 'nothing.py'"),
        (("run.py", "nothing.toml", "corpus"), "no configuration"),
        (("run.py", "run.py", "nowhere"), "no corpus at"),
    ],
)
@pytest.mark.usefixtures("verify")
def test_errors_have_one_line(
    capsys: pytest.CaptureFixture[str], change: tuple[str, str, str], said: str
) -> None:
    executable, application, corpus = change
    assert main(["verify", executable, "--against", application, "--corpus", corpus]) == 2
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1


STRACE = """\
11 execve("/clean/run", ["/clean/run"], 0x7ffd /* 9 vars */) = 0
11 openat(AT_FDCWD</work>, "lib.so", O_RDONLY|O_CLOEXEC) = 3</clean/lib.so>
11 openat(AT_FDCWD</work>, "/no/such", O_RDONLY) = -1 ENOENT (No such file or directory)
12 openat(AT_FDCWD</work>, "/usr/x", O_RDONLY <unfinished ...>
12 <... openat resumed>) = 4</usr/x>
11 execve("/bin/no", ["no"], 0x7ffd) = -1 ENOENT (No such file or directory)
"""


def test_parsing_the_output_of_strace() -> None:
    assert opened_files.parse_strace(STRACE) == {"/clean/run", "/clean/lib.so", "/usr/x"}


@pytest.mark.promise("parity", "With strace, an executable that opens files of Python fails `tf2exe verify`.")
def test_which_files_belong_to_python(project: Callable[..., Application], tmp_path: Path) -> None:
    application = project({"app/run.py": "", "app/data.txt": ""}, entry="app/run.py")
    comparator = Comparator(application, tmp_path / "base" / "run", tmp_path, {})
    comparator.base = tmp_path / "base"
    stdlib = str(json.__file__)
    for file in (
        stdlib,
        str(pytest.__file__),
        str(tmp_path / "app" / "run.py"),
        "/opt/lib/libpython3.11.so.1.0",
    ):
        assert opened_files.belongs_to_python(file, comparator), file
    for file in (str(tmp_path / "app" / "data.txt"), str(tmp_path / "base" / "x.py"), "/usr/lib/libc.so.6"):
        assert not opened_files.belongs_to_python(file, comparator), file


@pytest.mark.promise("parity", "With strace, an executable that opens files of Python fails `tf2exe verify`.")
@pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux")
def test_an_executable_that_runs_python_fails(
    verify: Verify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(PROGRAM, code=0)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    code = main(["verify", "run", "--against", "run.py", "--corpus", "corpus", "--json"])
    result = json.loads(capsys.readouterr().out)
    if result["python"]["why_not"]:
        pytest.skip(result["python"]["why_not"])
    assert code == 7
    assert any(file.endswith("os.py") or ".pyc" in file for file in result["python"]["found"])
