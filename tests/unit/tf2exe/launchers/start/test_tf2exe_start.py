from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from sysconfig import get_path
from typing import TYPE_CHECKING

import pytest

from tf2exe.assemble.start_settings import StartSettings, write_start

if TYPE_CHECKING:
    from pathlib import Path

DRIVER = """\
import sys
root, *arguments = sys.argv[1:]
sys.prefix = root
sys.argv[:] = [root + "/program", *arguments]
sys.executable = root + "/program"
sys.path.insert(0, root + "/lib/tf2exe")
sys.path.append(root)
import tf2exe_start
main, code = tf2exe_start.prepare(None)
assert "tf2exe_start" not in sys.modules and "tf2exe_settings" not in sys.modules
assert root + "/lib/tf2exe" not in sys.path
if code is not None:
    exec(code, main.__dict__)
"""


def write_settings(root: Path, *, pyinstaller_compat: bool = False) -> None:
    settings = StartSettings(
        is_script=True, main_file="run.py", pyinstaller_compat=pyinstaller_compat, windowed=False
    )
    write_start(root / "lib" / "tf2exe", settings)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    own = tmp_path / "lib" / "tf2exe"
    own.mkdir(parents=True)
    write_settings(tmp_path)
    (tmp_path / "present").mkdir()
    (tmp_path / "present" / "__init__.py").touch()
    why = ["nobody used it", "build it again with --include-module "]
    missing = {"gone": why, "present": why}
    (own / "missing_modules.json").write_text(json.dumps(missing), encoding="utf-8")
    return tmp_path


def start(root: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (root / "run.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-B", "-c", DRIVER, str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_bundled_main_module(root: Path) -> None:
    text = "import sys\nprint(__name__, __file__, sys.argv[1:])\n"
    text += "print(sys.modules['__main__'].__file__ == __file__)"
    done = start(root, text, "a", "-c", "b")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"__main__ {root / 'run.py'} ['a', '-c', 'b']", "True"]


def test_the_builtins_of_site(root: Path) -> None:
    done = start(root, "print(help)\nexit(5)")
    assert (done.returncode, done.stderr) == (5, "")
    assert "help()" in done.stdout
    assert start(root, "quit('bye')").stderr == "bye\n"


def test_helpers_of_multiprocessing_do_not_run_the_program(root: Path) -> None:
    code = "from multiprocessing.spawn import spawn_main; import sys; print(__name__, sys.argv)"
    done = start(root, "print('the program')", "-S", "-I", "-c", code, "--multiprocessing-fork", "x=1")
    assert done.stdout.strip() == "__main__ ['-c', '--multiprocessing-fork', 'x=1']"


@pytest.mark.parametrize("arguments", [("-c",), ("-c", "print('no')"), ("x", "-c", "from multi import x")])
def test_the_program_gets_other_arguments_named_c(root: Path, arguments: tuple[str, ...]) -> None:
    assert start(root, "import sys; print(sys.argv[1:])", *arguments).stdout.strip() == str(list(arguments))


@pytest.mark.parametrize("module", ["gone", "present.part"])
def test_missing_module_is_one_line_with_its_remedy(root: Path, module: str) -> None:
    done = start(root, f"import {module}")
    assert done.stderr == (
        f"program: the module '{module}' is not in this executable (nobody used it); "
        f"build it again with --include-module {module}\n"
    )
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("import never_was", "ModuleNotFoundError: No module named 'never_was'"),
        ("raise ValueError('own')", "ValueError: own"),
        ("raise ModuleNotFoundError", "ModuleNotFoundError"),
    ],
)
def test_other_errors_are_printed_as_in_python(root: Path, text: str, last: str) -> None:
    done = start(root, text)
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.splitlines()[-1] == last
    assert f'File "{root / "run.py"}", line 1, in <module>' in done.stderr


def test_without_the_list_python_s_error_is_shown(root: Path) -> None:
    (root / "lib" / "tf2exe" / "missing_modules.json").unlink()
    assert "No module named 'gone'" in start(root, "import gone").stderr


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("gcc"), reason="compiles an empty module")
def test_a_compiled_main_module_comes_first(root: Path) -> None:
    (root / "main.c").write_text(
        "#include <Python.h>\n"
        'static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "__main__", "compiled", -1};\n'
        "PyMODINIT_FUNC PyInit___main__(void) { return PyModule_Create(&def); }\n"
    )
    output = root / f"__main__{EXTENSION_SUFFIXES[0]}"
    command = ["gcc", "-shared", "-fPIC", f"-I{get_path('include')}", str(root / "main.c"), "-o", str(output)]
    subprocess.run(command, check=True, timeout=60)
    driver = DRIVER + "print(code, main.__doc__, main.__spec__.origin, sys.modules['__main__'] is main)\n"
    command = [sys.executable, "-I", "-S", "-B", "-c", driver, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == f"None compiled {output} True"


COMPAT_PROGRAM = "import sys; print(getattr(sys, 'frozen', None), getattr(sys, '_MEIPASS', None))"


def test_attributes_of_pyinstaller_are_not_set_by_default(root: Path) -> None:
    assert start(root, COMPAT_PROGRAM).stdout == "None None\n"


@pytest.mark.promise("pyinstaller", "`sys.frozen` and `sys._MEIPASS` are set on request.")
def test_pyinstaller_compat(root: Path) -> None:
    write_settings(root, pyinstaller_compat=True)
    assert start(root, COMPAT_PROGRAM).stdout == f"True {root}\n"
    # With `sys.frozen`, multiprocessing starts its processes in this way; they must not run the program.
    done = start(root, "print('the program')", "--multiprocessing-fork", "tracker_fd=0", "pipe_handle=-1")
    assert "the program" not in done.stdout
    assert "spawn_main" in done.stderr
