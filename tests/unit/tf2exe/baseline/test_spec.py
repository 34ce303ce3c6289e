from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.baseline.build import select_variant
from tf2exe.baseline.spec import VARIANTS, spec_text
from tf2exe.plan.stage import plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

FILES = {"run.py": "import rich, own", "own.py": "", "model.txt": "x", "deep/other.txt": "x"}


@pytest.fixture
def spec(
    project: Callable[..., Application], footprint: Callable[..., Footprint], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """Runs a generated spec with substitutes for PyInstaller's classes; returns their arguments."""

    def make(*, onefile: bool = True, tuned: bool = False, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        given.setdefault("data", ["model.txt", "deep/other.txt=new/name.txt"])
        application = project(FILES, **{"entry": "run.py", **given})
        empty = footprint()
        variant = select_variant(onefile=onefile, tuned=tuned)
        text = spec_text(application, plan(application, empty), empty, variant, tmp_path / "entry.py")
        calls: dict[str, Any] = {"text": text}

        class Analysis:
            def __init__(self, scripts: list[str], **options: Any) -> None:  # noqa: ANN401
                calls["Analysis"] = {"scripts": scripts, **options}
                self.scripts: list[tuple[str, str, str]] = []
                self.pure = [("rich.a", "", "PYMODULE"), ("numpy.tests.b", "", "PYMODULE")]
                self.datas = [("rich/tests/x.txt", "", "DATA"), ("rich/x.txt", "", "DATA")]
                self.binaries = [("numpy.libs/libx.so", "", "BINARY"), ("liby.so", "", "BINARY")]
                calls["analysis"] = self

        def call(name: str) -> Callable[..., str]:
            def record(*arguments: Any, **options: Any) -> str:  # noqa: ANN401
                calls[name] = {"arguments": arguments, **options}
                return name

            return record

        names = {"Analysis": Analysis, **{name: call(name) for name in ("PYZ", "EXE", "COLLECT")}}
        exec(compile(text, "x.spec", "exec"), names)  # noqa: S102 - as PyInstaller does
        return calls

    return make


@pytest.mark.promise("pyinstaller", "The PyInstaller baseline has the same knowledge as tf2exe.")
def test_the_spec_has_settings_and_samples(spec: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    calls = spec(include_module=["rich.emoji"], exclude=["keras", "numpy.linalg"], name="it", console=False)
    analysis = calls["Analysis"]
    assert analysis["scripts"] == [str(tmp_path / "run.py")]
    assert analysis["pathex"] == [str(tmp_path)]
    assert analysis["datas"] == [(str(tmp_path / "model.txt"), ".")]
    assert ("new/name.txt", str(tmp_path / "deep/other.txt"), "DATA") in calls["analysis"].datas
    assert analysis["hiddenimports"] == ["rich.emoji", "own"]
    assert analysis["excludes"] == ["keras"]
    assert (calls["EXE"]["name"], calls["EXE"]["console"], calls["EXE"]["upx"]) == ("it", False, False)
    assert "COLLECT" not in calls


def test_a_folder_is_collected(spec: Callable[..., dict[str, Any]]) -> None:
    calls = spec(onefile=False)
    assert calls["EXE"]["exclude_binaries"]
    assert calls["COLLECT"]["name"] == "run"


@pytest.mark.promise("pyinstaller", "The PyInstaller baseline has the same knowledge as tf2exe.")
def test_the_tuned_variant_excludes_and_strips_the_same_as_tf2exe(
    spec: Callable[..., dict[str, Any]],
) -> None:
    plain, tuned = spec(), spec(tuned=True)
    assert not plain["EXE"]["strip"]
    assert len(plain["analysis"].pure) == 2
    assert tuned["EXE"]["strip"]
    assert ("liby.so", "", "BINARY") in tuned["analysis"].binaries
    assert ("numpy.libs/libx.so", "", "DATA") in tuned["analysis"].datas
    assert re.search("UNWANTED = re.compile", tuned["text"])


def test_a_package_or_function_gets_an_entry_script(
    spec: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text("")
    (tmp_path / "package" / "__init__.py").write_text("")
    calls = spec(entry="package", data=[])
    assert calls["Analysis"]["scripts"] == [str(tmp_path / "entry.py")]
    assert 'run_module("package"' in (tmp_path / "entry.py").read_text()
    assert "package.__main__" in calls["Analysis"]["hiddenimports"]
    spec(entry="own:main", data=[])
    assert "from own import main" in (tmp_path / "entry.py").read_text()


def test_the_variants() -> None:
    assert [variant.name for variant in VARIANTS] == ["onedir", "onefile", "tuned-onedir", "tuned-onefile"]
