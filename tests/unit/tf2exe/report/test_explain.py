from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.__main__ import main
from tf2exe.config.stage import load_application
from tf2exe.errors import ConfigurationError
from tf2exe.knowledge.options import read_nuitka_options
from tf2exe.plan import plan_json
from tf2exe.plan.plan_json import PlanDocument, PlannedForwarder
from tf2exe.plan.stage import plan
from tf2exe.report.explain import MOST_FILES, find_reasons
from tf2exe.trace.footprint import Footprint

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.report.stage import Report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("program")


@pytest.fixture(scope="module")
def planned(folder: Path) -> PlanDocument:
    """The plan of a real program, as a build leaves it."""
    files = {"run.py": "import rich, own", "own.py": "", "model.txt": "x", "opened.txt": "x"}
    for name, text in files.items():
        (folder / name).write_text(text)
    given = {"entry": "run.py", "data": ["model.txt"], "jobs": 3, "exclude": ["rich.emoji"]}
    opened = (str(folder / "opened.txt"),)
    made = plan(load_application(None, given, folder), Footprint((), (), opened, (), (), ()))
    plan_json.to_document(made).write(folder / plan_json.FILE)
    return PlanDocument.read(folder / plan_json.FILE)


def test_a_module_of_the_application(planned: PlanDocument) -> None:
    assert find_reasons("own", planned, None)[0] == "own: compiled to C"
    for name in ("__main__", "run.py", "run"):
        assert find_reasons(name, planned, None)[0] == "__main__: compiled to C"


@pytest.mark.parametrize("what", ["--mode", "mode", "--mode=module"])
def test_an_option_of_nuitka(planned: PlanDocument, what: str) -> None:
    (answer,) = find_reasons(what, planned, None)
    (known,) = (o for o in read_nuitka_options(debug=False) if o.flag == "--mode=module")
    assert answer == f"--mode=module: {known.reason} (nuitka_options/base.toml)"


def test_the_jobs_are_the_user_s(planned: PlanDocument) -> None:
    assert "--jobs=3: set by `jobs` (settings)" in find_reasons("jobs", planned, None)


def test_a_setting(planned: PlanDocument, report: Report) -> None:
    assert find_reasons("--exclude", planned, report) == ["exclude = ['a']: pyproject.toml"]


def test_a_package(planned: PlanDocument) -> None:
    answers = find_reasons("rich", planned, None)
    assert any("bundled" in answer and "run.py, line 1, imports rich" in answer for answer in answers)


@pytest.mark.parametrize("what", ["rich.console", "rich/console.py", "lib/packages/rich/console.py"])
def test_a_carried_file(planned: PlanDocument, what: str) -> None:
    answers = find_reasons(what, planned, None)
    assert any(answer.startswith("lib/packages/rich/console.py: bundled (module, ") for answer in answers)


def test_data_files(planned: PlanDocument, folder: Path) -> None:
    assert find_reasons("model.txt", planned, None)[0] == "model.txt: data 'model.txt'"
    assert find_reasons(str(folder / "model.txt"), planned, None) == ["model.txt: data 'model.txt'"]
    assert find_reasons("opened.txt", planned, None) == [
        "opened.txt: a sample read it from the application's folder"
    ]


def test_what_is_left_out(planned: PlanDocument) -> None:
    (answer,) = find_reasons("lib/python/idlelib/idle.py", planned, None)
    assert "excluded from python by 'idlelib/**'" in answer
    assert "The IDLE editor. (nuitka_options/packages/python.toml)" in answer
    (answer,) = find_reasons("readline.so", planned, None)
    assert answer.startswith("readline.so: excluded from python by 'lib-dynload/readline*'")
    assert find_reasons("idle.pyi", planned, None) == []
    assert any("`exclude` has rich.emoji" in answer for answer in find_reasons("rich.emoji", planned, None))


@pytest.mark.parametrize("what", ["thing.work", "libthing-01.so", "lib/thing.libs/libthing-01.so"])
@pytest.mark.parametrize(
    ("library", "does"),
    [("lib/thing.libs/thing.work.so", "loads lib/thing.libs/thing.work.so"), ("", "ends the program")],
)
def test_a_forwarder(planned: PlanDocument, what: str, library: str, does: str) -> None:
    path = "lib/thing.libs/libthing-01.so"
    forwarder = PlannedForwarder(
        path=path, library=library, part="thing.work", reason="It can wait.", origin="thing.toml"
    )
    (answer,) = find_reasons(what, planned.model_copy(update={"forwarders": (forwarder,)}), None)
    assert answer == f"{path}: a forwarder, which {does} at the first call: It can wait. (thing.toml)"


def test_a_package_that_is_not_carried_tells_how_to_add_it(planned: PlanDocument) -> None:
    (answer,) = find_reasons("hypothesis.strategies", planned, None)
    assert answer.endswith("--include-module hypothesis.strategies")


def test_what_nobody_knows(planned: PlanDocument) -> None:
    assert find_reasons("nowhere_at_all", planned, None) == []


def test_the_answer_fits_on_a_screen(planned: PlanDocument) -> None:
    named = [file for file in planned.files if file.path.endswith("/__init__.py")]
    assert len(named) > MOST_FILES
    assert len(find_reasons("__init__.py", planned, None)) == MOST_FILES


def test_every_statement_of_the_plan_has_a_reason(planned: PlanDocument) -> None:
    for part in ("modules", "options", "distributions", "files", "excluded", "libraries", "data"):
        entries = getattr(planned, part)
        assert entries or part == "libraries", part
        assert all(entry.reason.strip() for entry in entries), part


def test_the_keys_of_plan_json(folder: Path, planned: PlanDocument) -> None:
    """Others read the file, too: a changed key needs another format number."""
    written = json.loads((folder / plan_json.FILE).read_text(encoding="utf-8"))
    assert written["format"] == planned.format == 2
    assert list(written) == [
        "format", "modules", "options", "distributions", "files", "excluded", "forwarders", "local_symbols",
        "preloaded", "libraries", "missing_libraries", "data", "unused_optional", "absent", "patches",
        "unneeded_requirements",
    ]  # fmt: skip
    assert set(written["modules"][0]) == {"name", "source", "placement", "source_bundled", "reason"}
    assert {module["placement"] for module in written["modules"]} == {"compiled"}
    assert set(written["files"][0]) == {"path", "owner", "size", "kind", "reason"}
    assert set(written["excluded"][0]) == {"owner", "pattern", "files", "size", "reason", "origin"}


def test_a_plan_of_an_older_version_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in ('{"format": 1, "modules": []}', "{", '{"format": 2}'):
        (tmp_path / plan_json.FILE).write_text(content)
        assert main(["explain", "rich", "--build-dir", str(tmp_path)]) == ConfigurationError.exit_code
        said = capsys.readouterr().err
        assert said.startswith(f"tf2exe: cannot read the build at {tmp_path}: plan.json ")
        assert said.endswith("; run `tf2exe build` again\n")
        assert said.count("\n") == 1
