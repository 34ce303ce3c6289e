from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.import_spec.table import Conversion

READ = "what PyInstaller's analysis adds to this list is not known here"


READING = (
    "a.binaries = [b for b in a.binaries if b[0] != 'x']",
    "a.binaries = a.binaries - TOC([('x', '', '')])",
    "a.pure = TOC([('x', '', '')]) - a.pure",
    "a.binaries = []",
    "a.datas = TOC()",
    "a.datas = list(filter(None, a.datas))",
    "a.datas[:] = []",
    "a.datas.clear()",
    "del a.datas[:]",
    "for entry in a.pure: pass",
    "x = 'x' in a.binaries",
)

ADDING = (
    "a.datas += [('x', 'run.py', 'DATA')]",
    "a.datas = a.datas + [('x', 'run.py', 'DATA')]",
    "a.datas = [('x', 'run.py', 'DATA')] + a.datas",
    "a.datas.append(('x', 'run.py', 'DATA'))",
    "a.datas.extend([('x', 'run.py', 'DATA')])",
    "a.datas = TOC(a.datas)",
    "print(len(a.datas), a.datas)",
    "x = [s for s in a.scripts if s[0] == 'run']; assert len(x) == 1",
    "a.hiddenimports += ['rich']",
    "x = [*a.zipfiles, *a.zipped_data]",
    "PYZ(a.pure), COLLECT(a.datas + a.binaries, a.datas)",
)


def test_reading_lists_that_the_analysis_fills_is_noted(imported: Callable[..., Conversion]) -> None:
    notes = imported("\n".join(f"a = Analysis(['run.py'])\n{line}" for line in READING)).notes
    noted = [note for note in notes if note.reason.startswith(READ)]
    assert [(note.line, note.what) for note in noted] == [(2 * n, x) for n, x in enumerate(READING, 1)]
    assert all(note.lost for note in noted)


def test_adding_to_them_is_not(imported: Callable[..., Conversion]) -> None:
    notes = imported("\n".join(f"a = Analysis(['run.py'])\n{line}" for line in ADDING)).notes
    assert {note.what for note in notes} == {"Analysis(...)"}


def test_hidden_imports_are_read_at_the_end(imported: Callable[..., Conversion]) -> None:
    text = (
        "names = ['rich.emoji']\na = Analysis(['run.py'], hiddenimports=names)\nnames.append('rich.rule')\n"
    )
    found = imported(f"{text}a.hiddenimports.append('rich.panel')").settings
    assert found["include-module"] == ["rich.emoji", "rich.panel"]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("from PyInstaller.utils.hooks import collect_magic\nx = collect_magic('x')", "collect_magic"),
        ("import PyInstaller.compat as c\nx = c.magic.more(1)[:]", "magic"),
        ("from PyInstaller import depend\nx = [*depend.bindepend.magic]", "magic"),
        ("import PyInstaller.utils.hooks.qt\nx = PyInstaller.utils.hooks.qt.magic + []", "magic"),
    ],
)
def test_what_is_unknown_names_itself(imported: Callable[..., Conversion], lines: str, name: str) -> None:
    notes = imported(f"{lines}\na = Analysis(['run.py'], datas=x)").notes
    assert any(
        note.what.startswith("PyInstaller.") and note.what.endswith(name) and note.lost for note in notes
    )
    assert len(notes) == 1


def test_parts_of_other_targets(imported: Callable[..., Conversion]) -> None:
    text = "a = Analysis(['run.py'])\nexe = EXE(a.scripts, name='x')\nassert exe.name == 'x'\nx = exe.pkg\n"
    (note,) = imported(text).notes
    assert (note.line, note.what) == (4, "EXE.pkg")
