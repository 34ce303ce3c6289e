from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.import_spec.table import Conversion

MADE = "exe = EXE(PYZ(a.pure), a.scripts, a.binaries, a.datas)"


@pytest.fixture
def data(imported: Callable[..., Conversion]) -> Callable[..., list[str]]:
    """The entries of `data` from lines of a spec file; the `Analysis` is `a`."""

    def make(*lines: str, datas: str = "[]", made: str = MADE) -> list[str]:
        analysis = f"a = Analysis(['run.py'], datas={datas})"
        return list(imported("\n".join([analysis, *lines, made])).settings.get("data", []))

    return make


@pytest.mark.parametrize(
    ("datas", "entries"),
    [
        ("[('data', 'd')]", ["data=d"]),
        ("[('data', '.')]", ["data=."]),
        ("[('data/', 'd/')]", ["data=d"]),
        ("[('data/*.txt', '.')]", ["data/*.txt=."]),
        ("[('data/*', 'd')]", ["data/*=d/"]),
        ("[('d*', 'd')]", ["d*=d/"]),
        ("[('model.keras', 'm/n')]", ["model.keras=m/n/"]),
        ("[('data', 'd'), ('model.keras', 'd')]", ["data=d", "model.keras=d/"]),
    ],
)
def test_folders_and_patterns_stay_what_they_are(
    data: Callable[..., list[str]], datas: str, entries: list[str]
) -> None:
    assert data(datas=datas) == entries


def test_what_is_changed_after_the_analysis(data: Callable[..., list[str]]) -> None:
    both = ["data/a.txt=d/", "data/deep/b.txt=d/deep/"]
    assert data("a.datas += Tree('data', prefix='d')") == ["data=d"]
    assert data("a.datas += Tree('data', prefix='d', excludes=['a.txt'])") == both[1:]
    assert data("a.datas += [('n/m.keras', 'model.keras', 'DATA')]") == ["model.keras=n/m.keras"]
    assert data("a.datas = [x for x in a.datas if 'deep' not in x[0]]", datas="[('data', 'd')]") == both[:1]
    assert data("a.datas = a.datas - TOC([('d/a.txt', '', '')])", datas="[('data', 'd')]") == both[1:]
    assert data("a.datas -= [('d/a.txt', '', '')]", datas="[('data', 'd')]") == both[1:]
    assert data("a.datas.remove(a.datas[0])", datas="[('data', 'd')]") == both[1:]
    assert data("a.datas = TOC([('x', 'model.keras', 'DATA')]) + a.datas", datas="[('data', 'd')]") == [
        "data=d",
        "model.keras=x",
    ]
    assert data("a.datas = []", datas="[('data', 'd')]") == []


def test_what_is_passed_to_the_executable_counts(imported: Callable[..., Conversion]) -> None:
    analysis = "a = Analysis(['run.py'], datas=[('data', 'd')])\n"
    conversion = imported(f"{analysis}EXE(a.scripts, Tree('own', 'o', ['*.py']))")
    assert conversion.settings["data"] == ["own/words.txt=o/"]
    assert any(note.what == "2 files, such as d/a.txt" and not note.lost for note in conversion.notes)
    text = f"{analysis}e = EXE(a.scripts, exclude_binaries=True)\n"
    text += "COLLECT(e, a.datas, [('x', 'model.keras', 'DATA')])"
    assert imported(text).settings["data"] == ["data=d", "model.keras=x"]


def test_a_binary_is_a_data_file(imported: Callable[..., Conversion]) -> None:
    conversion = imported("a = Analysis(['run.py'], binaries=[('model.keras', 'lib')])")
    assert conversion.settings["data"] == ["model.keras=lib/"]
    assert any(note.what == "binary: model.keras" and not note.lost for note in conversion.notes)


def test_files_of_packages_are_bundled_with_them(imported: Callable[..., Conversion]) -> None:
    text = "import numpy, os\nplace = os.path.dirname(numpy.__file__)\n"
    text += "a = Analysis(['run.py'], datas=[(os.path.join(place, 'py.typed'), 'numpy'), (place, 'numpy')])"
    conversion = imported(text)
    assert conversion.settings["include-module"] == ["numpy"]
    assert "data" not in conversion.settings
    assert [note for note in conversion.notes if note.lost] == []
    conversion = imported(
        text.replace("(place, 'numpy')", "(os.path.join(place, 'version.py'), 'elsewhere')")
    )
    (note,) = (note for note in conversion.notes if note.lost)
    assert note.what.endswith("version.py as elsewhere/version.py")


def test_files_of_the_standard_library_are_bundled(imported: Callable[..., Conversion]) -> None:
    text = "from PyInstaller.utils.hooks import collect_all\nd, b, h = collect_all('json')\n"
    conversion = imported(f"{text}a = Analysis(['run.py'], datas=d, hiddenimports=h)")
    assert conversion.settings.keys() == {"entry", "mode", "pyinstaller-compat"}
    assert [note.lost for note in conversion.notes] == [False]


def test_files_that_the_spec_file_creates(imported: Callable[..., Conversion], program: Path) -> None:
    text = "open('made.txt', 'w').close()\na = Analysis(['run.py'], datas=[('made.txt', '.')])"
    (note,) = imported(text).notes
    assert (note.what, note.lost) == ("made.txt", True)
    assert note.reason.startswith("the spec file creates it")
    assert not (program / "made.txt").exists()


def test_names_that_data_cannot_express(imported: Callable[..., Conversion], program: Path) -> None:
    (program / "a[b].txt").write_text("")
    (program / "a=b.txt").write_text("")
    conversion = imported("a = Analysis(['run.py'], datas=[('a[b].txt', '.'), ('a=b.txt', '.')])")
    assert conversion.settings["data"] == ["a[[]b].txt=."]
    assert [note.what for note in conversion.notes] == ["a=b.txt as a=b.txt"]
