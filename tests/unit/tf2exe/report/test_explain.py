from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe import knowledge
from tf2exe.config import stage as config_stage
from tf2exe.plan.plan_json import as_json
from tf2exe.plan.stage import plan
from tf2exe.report.explain import MOST_FILES, explain
from tf2exe.trace.footprint import Footprint

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("program")


@pytest.fixture(scope="module")
def planned(folder: Path) -> dict[str, Any]:
    """The plan of a real program, as a build leaves it."""
    files = {"run.py": "import rich, own", "own.py": "", "model.txt": "x", "opened.txt": "x"}
    for name, text in files.items():
        (folder / name).write_text(text)
    given = {"entry": "run.py", "data": ["model.txt"], "jobs": 3, "exclude": ["rich.emoji"]}
    opened = (str(folder / "opened.txt"),)
    document: dict[str, Any] = json.loads(
        as_json(plan(config_stage.load(None, given, folder), Footprint((), (), opened, (), (), ())))
    )
    return document


def test_a_module_of_the_application(planned: dict[str, Any]) -> None:
    assert explain("own", planned, {})[0] == "own: compiled to C"
    assert "compiled to C" in explain("__main__", planned, {})[0]


@pytest.mark.parametrize("what", ["--mode", "mode", "--mode=module"])
def test_an_option_of_nuitka(planned: dict[str, Any], what: str) -> None:
    (answer,) = explain(what, planned, {})
    (known,) = (o for o in knowledge.nuitka_options(debug=False) if o.flag == "--mode=module")
    assert answer == f"--mode=module: {known.reason} (nuitka_options/base.toml)"


def test_the_jobs_are_the_user_s(planned: dict[str, Any]) -> None:
    assert "--jobs=3: `jobs` says so (settings)" in explain("jobs", planned, {})


def test_a_setting(planned: dict[str, Any]) -> None:
    report = {"settings": [{"key": "exclude", "value": "['a']", "origin": "pyproject.toml"}]}
    assert explain("--exclude", planned, report) == ["exclude = ['a']: pyproject.toml"]


def test_a_package(planned: dict[str, Any]) -> None:
    answers = explain("rich", planned, {})
    assert any("bundled" in answer and "run.py, line 1, imports rich" in answer for answer in answers)


@pytest.mark.parametrize("what", ["rich.console", "rich/console.py", "lib/packages/rich/console.py"])
def test_a_carried_file(planned: dict[str, Any], what: str) -> None:
    answers = explain(what, planned, {})
    assert any(answer.startswith("lib/packages/rich/console.py: bundled (module, ") for answer in answers)


def test_data_files(planned: dict[str, Any], folder: Path) -> None:
    assert explain("model.txt", planned, {})[0] == "model.txt: data 'model.txt'"
    assert explain(str(folder / "model.txt"), planned, {}) == ["model.txt: data 'model.txt'"]
    assert explain("opened.txt", planned, {}) == [
        "opened.txt: a sample read it from the application's folder"
    ]


def test_what_is_left_out(planned: dict[str, Any]) -> None:
    (answer,) = explain("lib/python/idlelib/idle.py", planned, {})
    assert "excluded from python by 'idlelib/**'" in answer
    assert "The IDLE editor. (nuitka_options/packages/python.toml)" in answer
    (answer,) = explain("readline.so", planned, {})
    assert answer.startswith("readline.so: excluded from python by 'lib-dynload/readline*'")
    assert explain("idle.pyi", planned, {}) == []
    assert any("`exclude` names rich.emoji" in answer for answer in explain("rich.emoji", planned, {}))


def test_a_package_that_is_not_carried_tells_how_to_add_it(planned: dict[str, Any]) -> None:
    (answer,) = explain("hypothesis.strategies", planned, {})
    assert answer.endswith("--include-module hypothesis.strategies")


def test_what_nobody_knows(planned: dict[str, Any]) -> None:
    assert explain("nowhere_at_all", planned, {}) == []


def test_never_more_than_a_screen(planned: dict[str, Any]) -> None:
    assert len(explain("__init__.py", planned, {})) <= MOST_FILES


def test_every_statement_of_the_plan_has_a_reason(planned: dict[str, Any]) -> None:
    assert planned["format"] == 1
    for part in ("modules", "options", "distributions", "files", "left_out", "libraries", "data"):
        assert planned[part] or part == "libraries", part
        assert all(entry["reason"].strip() for entry in planned[part]), part
