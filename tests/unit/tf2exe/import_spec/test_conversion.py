from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.config.stage import load_application
from tf2exe.errors import ConfigurationError
from tf2exe.import_spec.table import table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.import_spec.table import Conversion


def settings(conversion: Conversion) -> dict[str, Any]:
    """As the builder reads them back from what is written."""
    written = tomllib.loads(table(conversion, "app.spec"))["tool"]["tf2exe"]
    load_application(None, written, conversion.folder)
    return dict(written)


def lost(conversion: Conversion) -> list[str]:
    return [f"{note.line}: {note.what}: {note.reason}" for note in conversion.notes if note.lost]


GENERATED = """\
# -*- mode: python ; coding: utf-8 -*-
from PyInstaller.utils.hooks import collect_all

datas = [('model.keras', '.')]
binaries = []
hiddenimports = ['rich.emoji']
tmp_ret = collect_all('numpy')
datas += tmp_ret[0]; binaries += tmp_ret[1]; hiddenimports += tmp_ret[2]


a = Analysis(
    ['run.py'],
    pathex=[],
    binaries=binaries,
    datas=datas,
    hiddenimports=hiddenimports,
    hookspath=[],
    hooksconfig={},
    runtime_hooks=[],
    excludes=[],
    noarchive=False,
    optimize=0,
)
pyz = PYZ(a.pure)

exe = EXE(
    pyz,
    a.scripts,
    a.binaries,
    a.datas,
    [],
    name='classify',
    debug=False,
    bootloader_ignore_signals=False,
    strip=False,
    upx=True,
    upx_exclude=[],
    runtime_tmpdir=None,
    console=True,
    disable_windowed_traceback=False,
    argv_emulation=False,
    target_arch=None,
    codesign_identity=None,
    entitlements_file=None,
    icon=['icon.ico'],
)
"""


def test_what_pyinstaller_itself_generates(imported: Callable[..., Conversion]) -> None:
    conversion = imported(GENERATED)
    assert settings(conversion) == {
        "entry": "run.py",
        "data": ["model.keras=."],
        "include-module": ["numpy", "rich.emoji"],
        "mode": "onefile",
        "name": "classify",
        "icon": "icon.ico",
        "pyinstaller-compat": True,
    }
    assert lost(conversion) == []
    assert any("UPX" in note.reason for note in conversion.notes)


OLDER = """\
import os, sys
from PyInstaller.utils.hooks import collect_submodules, copy_metadata, collect_data_files as gather
block_cipher = None
sys.setrecursionlimit(5000)
HERE = os.path.abspath(os.path.dirname(SPEC))
NAME = 'my-' + 'app'
added = [(os.path.join(HERE, 'model.keras'), 'models'), ('data', 'data')]
for part in ('a.txt',):
    added.append((os.path.join('data', part), 'texts'))
if sys.platform == 'win32':
    icon = 'icon.ico'
elif sys.platform == 'amiga':
    icon = 'wrong.ico'
else:
    icon = None
a = Analysis([os.path.join(SPECPATH, 'run.py')],
             pathex=[HERE, 'own'],
             datas=added + gather('numpy') + copy_metadata('packaging'),
             hiddenimports=collect_submodules('own') + ['json', 'nowhere_at_all'],
             excludes=['tkinter', 'numpy', 'nowhere_at_all'],
             runtime_hooks=['hook.py'],
             cipher=block_cipher)
a.datas += [('renamed.txt', 'data/a.txt', 'DATA')]
a.datas += Tree('data', prefix='tree', excludes=['*.tmp'])
pyz = PYZ(a.pure, a.zipped_data, cipher=block_cipher)
exe = EXE(pyz, a.scripts, [], exclude_binaries=True, name=NAME, console=False, icon=icon, version='v.txt')
coll = COLLECT(exe, a.binaries, a.zipfiles, a.datas, strip=True, name=f'{NAME}-folder')
"""

VERSION = """\
VSVersionInfo(ffi=FixedFileInfo(filevers=(1, 2, 0, 0)), kids=[StringFileInfo([StringTable('040904B0', [
    StringStruct('CompanyName', 'ACME'), StringStruct('FileVersion', '1.2'),
    StringStruct('ProductVersion', '1.3'), StringStruct('ProductName', 'Anvil')])]),
    VarFileInfo([VarStruct('Translation', [1033, 1200])])])
"""


def test_an_older_one(imported: Callable[..., Conversion], program: Path) -> None:
    (program / "v.txt").write_text(VERSION)
    (program / "data" / "left.tmp").write_text("")
    conversion = imported(OLDER)
    found = settings(conversion)
    assert found["entry"] == "run.py"
    assert found["python-path"] == ["own"]
    assert found["data"] == [
        "model.keras=models/",
        "data=data",
        "data/a.txt=texts/",
        "data/a.txt=tree/",
        "data/deep/b.txt=tree/deep/",
        "data/a.txt=renamed.txt",
    ]
    assert found["include-module"] == ["numpy", "packaging", "own", "own.late"]
    assert found["exclude"] == ["numpy"]
    assert (found["mode"], found["name"], found["console"]) == ("standalone", "my-app", False)
    assert found["version-info"] == {"company": "ACME", "version": "1.3", "product": "Anvil"}
    (said,) = lost(conversion)
    assert "16: runtime_hooks: hook.py: tf2exe runs nothing before the program" in said
    assert any(note.what == "hiddenimports: nowhere_at_all" for note in conversion.notes)


ABLE = """\
import argparse, glob, os
from pathlib import Path
import sys
sys.path.insert(0, SPECPATH)
from helper import names
parser = argparse.ArgumentParser()
parser.add_argument("--full", action="store_true")
options = parser.parse_args()
exec(open("more.py").read())
print("building", options, file=sys.stderr)
print('{"calls": []}')

def files(pattern):
    for path in sorted(glob.glob(pattern, recursive=True)):
        if os.path.isfile(path):
            yield path, os.path.dirname(path)

a = Analysis(
    [str(next(Path(SPECPATH).glob("run.p*")))],
    datas=[*files("data/**")] if options.full else [],
    hiddenimports=[f"rich.{name}" for name in names()] + EXTRA,
)
exe = EXE(PYZ(a.pure), a.scripts, a.datas, name=os.environ["PROGRAM_NAME"])
"""


def test_whatever_python_can_do(
    imported: Callable[..., Conversion], program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROGRAM_NAME", "named")
    (program / "helper.py").write_text("def names():\n    return ['emoji', 'panel']\n")
    (program / "more.py").write_text("EXTRA = ['rich.rule']")
    found = settings(imported(ABLE, "--full"))
    assert found["data"] == ["data/a.txt=data/", "data/deep/b.txt=data/deep/"]
    assert found["include-module"] == ["rich.emoji", "rich.panel", "rich.rule"]
    assert found["name"] == "named"
    assert "data" not in settings(imported(ABLE))


def test_a_package_stands_for_its_modules(imported: Callable[..., Conversion]) -> None:
    text = "a = Analysis(['run.py'], hiddenimports=['rich.emoji', 'own.late', 'rich', 'own'])"
    assert settings(imported(text))["include-module"] == ["own.late", "rich", "own"]


def test_modules_of_the_standard_library(imported: Callable[..., Conversion]) -> None:
    text = "from PyInstaller.utils.hooks import collect_submodules\n"
    text += "names = ['json', 'tkinter.ttk'] + collect_submodules('json') + collect_submodules('tkinter')\n"
    assert settings(imported(f"{text}a = Analysis(['run.py'], hiddenimports=names)"))["include-module"] == [
        "tkinter"
    ]
    conversion = imported("a = Analysis(['run.py'], excludes=['tkinter', 'json', 'own', 'nowhere_at_all'])")
    assert "exclude" not in settings(conversion)
    assert [note.lost for note in conversion.notes] == [False] * 4


def test_paths_of_the_machine_where_it_was_made(imported: Callable[..., Conversion]) -> None:
    text = r"a = Analysis(['D:\\work\\app\\run.py'], pathex=['C:\lib'], datas=[('/home/me/data/a.txt', '.')])"
    found = settings(imported(text))
    assert (found["entry"], found["data"]) == ("run.py", ["data/a.txt=."])


def test_a_spec_file_in_another_folder(imported: Callable[..., Conversion]) -> None:
    text = "words = open('own/words.txt').name\na = Analysis(['../run.py'], pathex=['..'],\n"
    text += "             datas=[('../data/*.txt', '.'), (words, 'w')])"
    conversion = imported(text, name="packaging/app.spec")
    found = settings(conversion)
    assert (found["entry"], found["data"]) == ("../run.py", ["../data/*.txt=.", "../own/words.txt=w/"])
    assert lost(conversion) == []


@pytest.mark.promise("pyinstaller", "Settings of a spec file that are not imported are listed with a reason.")
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = Analysis(['run.py'], datas=[('gone.txt', '.')])", "1: data: gone.txt: it does not exist"),
        ("a = Analysis(['run.py', 'own/late.py'])", "1: own/late.py: PyInstaller runs it after"),
        (
            "a = Analysis(['run.py'])\nb = Analysis(['run.py'])\nEXE(PYZ(a.pure), a.scripts)",
            "2: Analysis(...)",
        ),
        (
            "a = Analysis(['run.py'])\nEXE(a.scripts)\nEXE(a.scripts)",
            "3: EXE(...): a table builds one program",
        ),
        ("a = Analysis(['run.py'])\nEXE(a.scripts, [('v', None, 'OPTION')])", "2: option 'v'"),
        ("a = Analysis(['run.py'])\nEXE(a.scripts, icon='app.icns')", "2: icon: app.icns"),
        (
            "a = Analysis(['run.py'])\nEXE(a.scripts, icon=['gone.ico'])",
            "2: icon: gone.ico: it does not exist",
        ),
        ("a = Analysis(['run.py'])\nEXE(a.scripts, uac_admin=True)", "2: uac_admin"),
        (
            "a = Analysis(['run.py'])\nEXE(a.scripts, version='gone.txt')",
            "2: version: gone.txt: it cannot be read",
        ),
        ("a = Analysis(['run.py'])\nEXE(a.scripts)\nBUNDLE(a)", "3: BUNDLE(...)"),
        ("a = Analysis(['run.py'])\nMERGE((a, 'run', 'run'))\nEXE(a.scripts)", "2: MERGE(...)"),
        (
            "a = Analysis(['run.py'])\ns = Splash('s.png', binaries=a.binaries)\nEXE(s, s.binaries)",
            "2: Splash",
        ),
        ("a = Analysis(['run.py'], module_collection_mode={'own': 'py'})", "1: module_collection_mode"),
    ],
)
def test_what_has_no_counterpart_is_said(imported: Callable[..., Conversion], text: str, what: str) -> None:
    conversion = imported(text)
    assert any(line.startswith(what) for line in lost(conversion)), lost(conversion)
    assert settings(conversion)["entry"] == "run.py"
    assert f"# Not converted (line {what[0]}): " in table(conversion, "app.spec")


def test_the_analysis_is_that_of_the_first_executable(imported: Callable[..., Conversion]) -> None:
    text = "a = Analysis(['own/late.py'], datas=[('model.keras', '.')])\n"
    text += "b = Analysis(['run.py'], datas=[('data', 'd')])\n"
    text += "e = EXE(b.scripts, exclude_binaries=True, name='b')\nf = EXE(a.scripts, exclude_binaries=True)\n"
    found = settings(imported(text + "COLLECT(e, b.datas, f, a.datas, name='both')"))
    assert (found["entry"], found["data"], found["name"]) == ("run.py", ["data=d"], "b")


@pytest.mark.parametrize("text", ["", "print(1)", "a = Analysis([])", "EXE([], name='x')"])
def test_what_describes_no_program(imported: Callable[..., Conversion], text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"app\.spec describes no program: "):
        imported(text)
