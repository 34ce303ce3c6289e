from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf2exe.errors import ConfigurationError
from tf2exe.import_spec import running
from tf2exe.import_spec.running import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.import_spec.table import Conversion


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import os\n\nos.environ['NOT_SET_AT_ALL']", "line 3: KeyError: 'NOT_SET_AT_ALL'"),
        ("def f():\n    1 / 0\nf()", "line 2: ZeroDivisionError: division by zero"),
        ("raise ValueError('two\\nlines')", "line 1: ValueError: two lines"),
        ("raise KeyboardInterrupt", "line 1: KeyboardInterrupt"),
        ("x = 1\nif x\n", "line 2: SyntaxError: expected ':'"),
        ("a = 1\n\x00", "line 0: "),
        ("import broken", "line 1: SyntaxError: "),
        ("import nowhere_at_all", "line 1: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("open('gone.txt')", "line 1: FileNotFoundError: [Errno 2] No such file or directory: 'gone.txt'"),
        ("import sys\nsys.exit()", "line 2: it calls sys.exit()"),
        ("a = Analysis(['run.py'])\nraise SystemExit('no key')", "line 2: it calls sys.exit('no key')"),
        ("import os\nos._exit(3)", "its process ended early: no message"),
        ("input()", "line 1: EOFError: EOF when reading a line"),
        ("a = Analysis(['run.py'])\nEXE([('x', 'y')])", "line 2: ValueError: not enough values to unpack"),
        ("a = Analysis(['run.py'])\nEXE([('x', 5, 'DATA')])", "a table of contents has an invalid entry: 5"),
        ("a = Analysis(['run.py'], hiddenimports=[1])", "line 1: TypeError: expected str"),
        (
            "import os\nfrom PyInstaller.utils.hooks import magic\nos.path.join(magic(), 'x')",
            "line 3: TypeError: expected str, bytes or os.PathLike object, not Unknown; PyInstaller.",
        ),
        ("a = Analysis(['run.py'], datas=['model.keras'])", "line 1: ValueError: too many values to unpack"),
        (
            "a = Analysis(['run.py'])\ne = EXE(a.scripts, exclude_binaries=True)\n1 / 0",
            "line 3: ZeroDivisionError",
        ),
    ],
)
def test_a_spec_file_that_fails(
    imported: Callable[..., Conversion], program: Path, text: str, why: str
) -> None:
    (program / "broken.py").write_text("if")
    with pytest.raises(ConfigurationError) as caught:
        imported(text)
    assert caught.value.why.startswith(why)
    assert caught.value.what == "cannot convert app.spec"
    assert "\n" not in str(caught.value)


def test_one_that_does_not_end(imported: Callable[..., Conversion], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TIME_LIMIT", 2.0)
    with pytest.raises(ConfigurationError, match=r"^cannot convert app\.spec: it ran for 2 s; "):
        imported("while True: pass")


def test_one_that_starts_itself_again_and_again(imported: Callable[..., Conversion], program: Path) -> None:
    (program / "again.py").write_text(
        "import subprocess, sys\nwhile True: subprocess.Popen([sys.executable, __file__])"
    )
    with pytest.raises(ConfigurationError, match=r"^cannot convert app\.spec: it started "):
        imported("import subprocess, sys\nsubprocess.run([sys.executable, 'again.py'])")


def test_processes_that_it_leaves_behind_end_with_it(program: Path) -> None:
    text = "import subprocess, sys\ncode = 'import time; time.sleep(60)'\n"
    (program / "app.spec").write_text(f"{text}print(subprocess.Popen([sys.executable, '-c', code]).pid)")
    pid = int(run(program / "app.spec").printed)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("name", ["gone.spec", "data"])
def test_one_that_is_not_there(program: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*: it is not a file"):
        run(program / name)


def test_steps_after_the_build_are_a_note(imported: Callable[..., Conversion]) -> None:
    text = "import shutil\na = Analysis(['run.py'])\nEXE(a.scripts, name='x')\nshutil.copy('dist/x', 'y')"
    (note,) = imported(text).notes
    assert (note.line, note.reason) == (4, running.AFTER_BUILD)


@pytest.mark.promise(
    "pyinstaller", "Importing a spec file runs it in a copy and leaves its files as they are."
)
def test_nothing_of_the_original_is_changed(program: Path) -> None:
    (program / "large.bin").write_bytes(b"x" * (running.COPIED + 1))
    (program / ".hidden").mkdir()
    (program / ".hidden" / "kept.txt").write_text("kept")
    text = """\
    import os, shutil, subprocess, sys, tempfile
    from pathlib import Path
    open("run.py", "w").write("changed")
    Path("data/new.txt").write_text("new")
    Path("dist/x").mkdir(parents=True)
    shutil.rmtree("own")
    os.rename("model.keras", "moved")
    subprocess.run([sys.executable, "-c", "open('data/a.txt', 'w').write('changed')"], check=True)
    tempfile.mkstemp()
    refused = []
    for name in ("large.bin", ".hidden/kept.txt", ORIGINAL + "/run.py"):
        try:
            open(name, "a")
        except PermissionError as error:
            refused.append(name)
    assert len(refused) == 3, refused
    assert len(Path("large.bin").read_bytes()) == SIZE
    a = Analysis(["run.py"], datas=[("data", "d")])
    """
    text = f"ORIGINAL, SIZE = {str(program)!r}, {running.COPIED + 1}\n" + "\n".join(
        line.removeprefix("    ") for line in text.splitlines()
    )
    (program / "app.spec").write_text(text)
    before = {path: path.read_bytes() for path in program.rglob("*") if path.is_file()}
    temporary = set(os.listdir(os.environ.get("TMPDIR", "/tmp")))  # noqa: PTH208, S108 - where it is made
    ran = run(program / "app.spec")
    assert {path: path.read_bytes() for path in program.rglob("*") if path.is_file()} == before
    assert set(os.listdir(os.environ.get("TMPDIR", "/tmp"))) == temporary  # noqa: PTH208, S108 - likewise
    assert [place for place, _, _ in ran.recording.files[0].toc] == ["d/a.txt", "d/new.txt", "d/deep/b.txt"]


def test_large_and_unreadable_projects(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program / "app.spec").write_text("import os\nprint(sorted(os.listdir()), os.path.islink('locked'))")
    (program / "locked").mkdir(mode=0)
    (program / "node_modules").mkdir()
    (program / "pointer").symlink_to("nowhere")
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "locked")
    said = run(program / "app.spec").printed
    assert "'locked', 'model.keras', 'node_modules', 'own', 'pointer', 'run.py'] True" in said
    monkeypatch.setattr(running, "MOST", 5)
    with pytest.raises(
        ConfigurationError, match=r"^cannot copy .*program: it has more than 5 files; start the"
    ):
        run(program / "app.spec")


def test_what_it_prints_is_kept_apart(program: Path) -> None:
    (program / "app.spec").write_text("import sys\nprint('one')\nprint(SPEC, file=sys.stderr)\n")
    assert run(program / "app.spec").printed == f"one\n{program / 'app.spec'}\n"


def test_the_project_is_visible_above_the_spec_file(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program / "deep" / "er").mkdir(parents=True)
    spec = program / "deep" / "er" / "app.spec"
    spec.write_text("import os\nprint(os.path.isfile(SPECPATH + '/../../run.py'), os.path.isfile('run.py'))")
    assert run(spec).printed == "True True\n"
    monkeypatch.chdir(program / "data")
    assert run(spec).printed == "False False\n"
    (program / "pyproject.toml").write_text("")
    assert run(spec).printed == "True False\n"
    monkeypatch.chdir(spec.parent)
    (program / "pyproject.toml").unlink()
    spec.write_text("import os\nprint(os.path.isdir(SPECPATH + '/../er'), SPEC.endswith('er/app.spec'))")
    assert run(spec).printed == "True True\n"


def test_packages_are_those_of_this_python(program: Path) -> None:
    (program / "app.spec").write_text(
        "import sys, tf2exe\nprint('tf2exe.config.stage' in sys.modules, sys.argv[1:])"
    )
    assert run(program / "app.spec", ["--a", "b"]).printed == "False ['--a', 'b']\n"


@settings(max_examples=15)
@given(st.text(alphabet="axE=()[]{}'+.,:%/# \n\t01nfori", max_size=60))
def test_any_text_is_answered_in_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "any.spec").write_text(f"{text}\na = Analysis(['run.py'])\n")
    try:
        calls = run(folder / "any.spec").recording.of("Analysis")
    except ConfigurationError as error:
        calls, line = [], str(error)
    assert calls or "\n" not in line
