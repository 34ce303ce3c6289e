from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tf2exe import __main__

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
import sys
print("hello")
a = Analysis(["run.py"])
EXE(a.scripts, name=sys.argv[1] if sys.argv[1:] else "it", upx=True)
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A spec file, in the current folder."""
    (tmp_path / "run.py").write_text("")
    (tmp_path / "app.spec").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return "app.spec"


def test_it_writes_beside_the_spec_and_replaces_nothing(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "pyproject.toml"
    target.write_text('[project]\nname = "x"\n')
    assert __main__.main(["import-spec", spec]) == 0
    said = capsys.readouterr()
    assert "Not needed, or done differently:\n  line 4: upx: True: " in said.err
    assert "app.spec printed:\n  hello\n" in said.err
    assert said.out == ""
    document = tomllib.loads(target.read_text())
    assert document["project"] == {"name": "x"}
    assert document["tool"]["tf2exe"]["entry"] == "run.py"
    before = target.read_text()
    assert __main__.main(["import-spec", spec]) == 2
    assert target.read_text() == before


def test_standard_output_has_the_table_alone(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["import-spec", "--output", "-", spec]) == 0
    assert tomllib.loads(capsys.readouterr().out)["tool"]["tf2exe"]["name"] == "it"


@pytest.mark.parametrize("is_first", [True, False])
def test_arguments_of_the_spec_file(spec: str, capsys: pytest.CaptureFixture[str], *, is_first: bool) -> None:
    given = [spec, "--output", "-"] if is_first else ["--output", "-", spec]
    assert __main__.main(["import-spec", *given, "--", "--named"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["tool"]["tf2exe"]["name"] == "--named"


def test_a_spec_that_fails_writes_nothing(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / spec).write_text("import sys\nsys.exit('set KEY first')\n")
    assert __main__.main(["import-spec", spec]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "tf2exe: cannot convert app.spec: line 2: it calls sys.exit('set KEY first'); check that"
    )
    assert not (tmp_path / "pyproject.toml").exists()


def test_a_table_that_cannot_be_built_is_not_left_behind(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / spec).write_text("a = Analysis(['run.py'])\nEXE(a.scripts, name='lib')")
    assert __main__.main(["import-spec", spec]) == 2
    assert "cannot be the executable's name" in capsys.readouterr().err
    assert not (tmp_path / "pyproject.toml").exists()
