from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf2exe import __main__, config
from tf2exe.errors import ConfigurationError
from tf2exe.import_spec.conversion import convert
from tf2exe.import_spec.reading import read
from tf2exe.import_spec.table import table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.import_spec.outcome import Conversion


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., Conversion]:
    """Converts a spec that lies beside a small program."""
    for name in ("run.py", "model.keras", "data/a.txt", "data/deep/b.txt", "own/__init__.py", "own/late.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "own" / "words.txt").write_text("")
    (tmp_path / "icon.ico").write_bytes(b"\x00\x00\x01\x00")

    def make(text: str) -> Conversion:
        path = tmp_path / "app.spec"
        path.write_text(text, encoding="utf-8")
        return convert(read(path))

    return make


def settings(conversion: Conversion) -> dict[str, Any]:
    """As the builder reads them back from what is written."""
    written = tomllib.loads(table(conversion, "app.spec"))["tool"]["tf2exe"]
    config.load(None, written, conversion.folder)
    return dict(written)


def lost(conversion: Conversion) -> list[str]:
    return [f"{note.what}: {note.reason}" for note in conversion.notes if note.lost]


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


def test_variables_paths_loops_and_helpers(imported: Callable[..., Conversion], tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text(VERSION)
    conversion = imported(OLDER)
    found = settings(conversion)
    assert found["entry"] == "run.py"
    assert found["python-path"] == ["own"]
    assert found["data"] == [
        "model.keras=models/",
        "data=data",
        "data/a.txt=texts/",
        "data/a.txt=renamed.txt",
        "data=tree",
    ]
    assert found["include-module"] == ["numpy", "packaging", "own", "own.late"]
    assert found["exclude"] == ["numpy"]
    assert (found["mode"], found["name"], found["console"]) == ("standalone", "my-app", False)
    assert found["version-info"] == {"company": "ACME", "version": "1.3", "product": "Anvil"}
    said = "\n".join(lost(conversion))
    assert "runtime_hooks: hook.py: tf2exe runs nothing before the program" in said
    assert "Tree(excludes=['*.tmp'])" in said
    assert len(lost(conversion)) == 2
    assert any(note.what == "hiddenimports: nowhere_at_all" for note in conversion.notes)


def test_data_of_the_programs_own_package(imported: Callable[..., Conversion]) -> None:
    conversion = imported("datas = collect_data_files('own')\na = Analysis(['run.py'], datas=datas)")
    assert settings(conversion)["data"] == ["own/words.txt=own/"]


def test_the_contents_of_matching_folders_are_laid_out(imported: Callable[..., Conversion]) -> None:
    conversion = imported("a = Analysis(['run.py'], datas=[('data/*', 'd')])")
    assert settings(conversion)["data"] == ["data/deep=d", "data/*=d/"]


def test_files_inside_packages_travel_with_them(imported: Callable[..., Conversion]) -> None:
    text = "import numpy, os\nplace = os.path.dirname(numpy.__file__)\n"
    text += "a = Analysis(['run.py'], datas=[(os.path.join(place, 'py.typed'), 'numpy'), (place, 'numpy')])"
    conversion = imported(text)
    assert settings(conversion)["include-module"] == ["numpy"]
    assert "data" not in conversion.settings
    assert lost(conversion) == []


def test_paths_of_the_machine_where_it_was_made(imported: Callable[..., Conversion]) -> None:
    text = r"a = Analysis(['D:\\work\\app\\run.py'], pathex=['C:\lib'], datas=[('/home/me/data/a.txt', '.')])"
    found = settings(imported(text))
    assert (found["entry"], found["data"]) == ("run.py", ["data/a.txt=."])


@pytest.mark.promise("pyinstaller", "Settings of a spec file that are not imported are listed with a reason.")
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = Analysis(['run.py'], datas=secret())", "secret()"),
        ("a = Analysis(['run.py'], datas=[(secret(), '.')])", "secret()"),
        ("a = Analysis(['run.py'], hiddenimports=[secret()])", "secret()"),
        ("import os\na = Analysis(['run.py'], pathex=[os.environ['HOME']])", "os.environ['HOME']"),
        ("a = Analysis(['run.py'], datas=[('gone.txt', '.')])", "gone.txt"),
        ("a = Analysis(['run.py', 'second.py'])", "second.py"),
        ("a = Analysis(['run.py'])\na.binaries = [b for b in a.binaries if b[0] != 'x']", "a.binaries = ..."),
        ("with open('x') as f:\n    pass\na = Analysis(['run.py'])", "with open('x') as f:"),
        ("import os\nos.system('touch ran')\na = Analysis(['run.py'])", "os.system('touch ran')"),
        ("a = Analysis(['run.py'])\nb = Analysis(['run.py'])\nEXE(PYZ(a.pure), a.scripts)", "Analysis(...)"),
        ("a = Analysis(['run.py'])\nEXE(a.scripts, [('v', None, 'OPTION')])", "option 'v'"),
        ("a = Analysis(['run.py'])\nEXE(a.scripts, icon='app.icns')", "icon: app.icns"),
        ("a = Analysis(['run.py'])\nEXE(a.scripts, uac_admin=True)", "uac_admin"),
        ("from own import NAME\na = Analysis(['run.py'])\nEXE(a.scripts, name=NAME)", "name: own.NAME"),
        ("from own import DATA\na = Analysis(['run.py'], datas=DATA)", "own.DATA"),
        ("a = Analysis(['run.py'])\nEXE(a.scripts)\nBUNDLE(a)", "BUNDLE(...)"),
    ],
)
def test_what_cannot_be_carried_over_is_said(
    imported: Callable[..., Conversion], tmp_path: Path, text: str, what: str
) -> None:
    conversion = imported(text)
    assert any(what in line for line in lost(conversion)), lost(conversion)
    assert settings(conversion)["entry"] == "run.py"
    assert "# Not carried over (line " in table(conversion, "app.spec")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("text", ["", "print(1)", "a = Analysis(scripts())", "a = Analysis([]", "\x00"])
def test_what_describes_no_program(imported: Callable[..., Conversion], text: str) -> None:
    with pytest.raises(ConfigurationError):
        imported(text)


@pytest.mark.promise("pyinstaller", "Importing a spec file runs none of its code.")
def test_nothing_is_run(imported: Callable[..., Conversion], tmp_path: Path) -> None:
    attempts = [
        "__import__('os').system('touch ran')",
        "().__class__.__base__.__subclasses__()",
        "open('ran', 'w')",
        "exec('import os')",
        "[x.touch() for x in __import__('pathlib').Path('.').glob('*')]",
        "(lambda: open('ran', 'w'))()",
        "'{0.__class__}'.format(1)",
        "Path('ran').touch()",
        "Path('ran').write_text('x')",
        "10 ** 10 ** 10",
        "[0] * 10 ** 10",
        "'x' * 10 ** 10",
    ]
    lines = [f"x{number} = {attempt}" for number, attempt in enumerate(attempts)]
    before = sorted(tmp_path.rglob("*"))
    conversion = imported(
        "\n".join(["from pathlib import Path", *lines, "a = Analysis(['run.py'], datas=x0)"])
    )
    assert [path for path in sorted(tmp_path.rglob("*")) if path.suffix != ".spec"] == before
    assert settings(conversion)["entry"] == "run.py"


@given(st.text(alphabet="axE=()[]{}'+.,:*%/# \n\t01nfori", max_size=60))
def test_no_text_makes_it_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.spec"
    path.write_text(f"{text}\na = Analysis(['run.py'], datas=x)\n")
    try:
        conversion = convert(read(path))
    except ConfigurationError:
        return
    assert tomllib.loads(table(conversion, "any.spec"))["tool"]["tf2exe"]["entry"] == "run.py"


def test_the_command_writes_beside_the_spec_and_replaces_nothing(
    imported: Callable[..., Conversion], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(GENERATED)
    spec = str(tmp_path / "app.spec")
    target = tmp_path / "pyproject.toml"
    target.write_text('[project]\nname = "x"\n')
    assert __main__.main(["import-spec", spec]) == 0
    assert "Not needed" in capsys.readouterr().err
    document = tomllib.loads(target.read_text())
    assert document["project"] == {"name": "x"}
    assert document["tool"]["tf2exe"]["entry"] == "run.py"
    before = target.read_text()
    assert __main__.main(["import-spec", spec]) == 2
    assert target.read_text() == before
    assert __main__.main(["import-spec", spec, "--output", "-"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["tool"]["tf2exe"]["name"] == "classify"


def test_a_table_that_cannot_be_built_is_not_left_behind(
    imported: Callable[..., Conversion], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported("a = Analysis(['run.py'])\nEXE(a.scripts, name='lib')")
    assert __main__.main(["import-spec", str(tmp_path / "app.spec")]) == 2
    assert "cannot be the executable's name" in capsys.readouterr().err
    assert not (tmp_path / "pyproject.toml").exists()
