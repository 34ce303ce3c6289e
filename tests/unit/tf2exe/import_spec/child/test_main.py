from __future__ import annotations

import os
import sys
import sysconfig
from typing import TYPE_CHECKING

from tf2exe.import_spec.running import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tf2exe.import_spec.table import Conversion


def test_the_names_that_pyinstaller_gives(program: Path) -> None:
    names = ["SPEC", "SPECPATH", "specnm", "DISTPATH", "workpath", "WARNFILE", "HOMEPATH"]
    text = f"import sys\nfor name in {names!r}: print(globals()[name])\n"
    text += (
        "print(os.path.isdir(DISTPATH), os.path.isdir(workpath), sys.argv == [SPEC], '__file__' in globals())"
    )
    (program / "app.spec").write_text(text)
    *paths, last = run(program / "app.spec").printed.splitlines()
    copied = os.path.dirname(paths[0])  # noqa: PTH120 - a text
    inside = ["/app.spec", "", None, "/dist", "/build/app", "/build/app/warn-app.txt"]
    assert paths == [
        *("app" if end is None else copied + end for end in inside),
        sysconfig.get_path("purelib"),
    ]
    assert last == "True True True False"


def test_modules_of_pyinstaller(program: Path) -> None:
    (program / "app.spec").write_text("""\
import PyInstaller
from PyInstaller.building.build_main import Analysis as A, PYZ as P
from PyInstaller.building.api import EXE as E
from PyInstaller.building import datastruct
from PyInstaller.utils import hooks
from PyInstaller.utils.win32.versioninfo import VSVersionInfo
import PyInstaller.utils.hooks as same
import PyInstaller.config
from PyInstaller.compat import is_win, is_linux, is_darwin
PyInstaller.config.CONF["distpath"] += "/other"
assert (A, P, E, datastruct.Tree, datastruct.TOC) == (Analysis, PYZ, EXE, Tree, TOC)
assert hooks is same is PyInstaller.utils.hooks
hooks.logger.warning("said")
print(int(PyInstaller.__version__.split(".")[0]) >= 6, is_win, is_linux, is_darwin)
""")
    ran = run(program / "app.spec")
    assert ran.recording.notes == []
    systems = [sys.platform == name for name in ("win32", "linux", "darwin")]
    assert ran.printed.splitlines() == [" ".join(map(str, [True, *systems])), "said"]


def test_they_are_there_without_pyinstaller(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import importlib.metadata as m\n\ndef version(name):\n    raise m.PackageNotFoundError(name)\n\n"
    (program / "elsewhere").mkdir()
    (program / "elsewhere" / "sitecustomize.py").write_text(f"{text}m.version = version\n")
    monkeypatch.setenv("PYTHONPATH", str(program / "elsewhere"))
    text = "import PyInstaller\nfrom PyInstaller.utils.hooks import copy_metadata\n"
    (program / "app.spec").write_text(
        f"{text}print(PyInstaller.__version__, hasattr(PyInstaller, '__file__'))"
    )
    assert run(program / "app.spec").printed == "6.22.3 False\n"


def test_version_information_in_the_spec_file(imported: Callable[..., Conversion]) -> None:
    conversion = imported("""\
from PyInstaller.utils.win32 import versioninfo as v
pairs = [v.StringStruct("CompanyName", "ACME"), v.StringStruct("Comments", "none")]
texts = v.StringTable("040904B0", pairs)
version = v.VSVersionInfo(ffi=v.FixedFileInfo(filevers=(1, 0, 0, 0)), kids=[v.StringFileInfo([texts])])
a = Analysis(["run.py"])
EXE(a.scripts, version=version)
""")
    assert conversion.settings["version-info"] == {"company": "ACME"}
    assert conversion.notes == []
