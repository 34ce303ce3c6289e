from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.config.stage import load_application
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application

    Project = Callable[..., Application]

RUN = {"run.py": "print('hello')\n"}


def with_table(table: str, rest: str = "") -> dict[str, str]:
    return {**RUN, "pyproject.toml": f"{rest}\n[tool.tf2exe]\n{table}\n"}


def test_a_script_alone_is_enough(project: Project, tmp_path: Path) -> None:
    application = project(RUN, entry="run.py")
    assert (application.entry.kind, application.entry.source) == ("script", tmp_path / "run.py")
    assert application.name == "run"
    assert application.roots == (tmp_path,)
    assert (application.output, application.build) == (tmp_path / "dist", tmp_path / "build" / "run")
    assert (application.data, application.samples) == ((), ())


def test_nothing_to_build(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing to build.*tf2exe build run\.py"):
        project({})


@pytest.mark.parametrize(
    ("key", "near"),
    [("sample", "samples"), ("include-modul", "include-module"), ("python_path", "python-path")],
)
def test_unknown_key_names_the_nearest(project: Project, key: str, near: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"unknown key '{key}'.*did you mean '{near}'"):
        project(with_table(f"entry = 'run.py'\n{key} = ['x']"))


def test_unknown_key_without_a_near_one_lists_all(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown key 'zzzzzz'.*the keys are entry, python-path"):
        project(with_table("entry = 'run.py'\nzzzzzz = 1"))


@pytest.mark.parametrize(
    ("table", "key", "near"),
    [
        ("[tool.tf2exe.verify]\ngoldn = true", "goldn", "golden"),
        ("[tool.tf2exe.version-info]\ncompani = 'x'", "compani", "company"),
        ("[[tool.tf2exe.samples]]\nargument = ['x']", "argument", "arguments"),
    ],
)
def test_unknown_key_of_an_inner_table_names_the_nearest(
    project: Project, table: str, key: str, near: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"unknown key.*{key}.*did you mean '{near}'"):
        project(with_table(f"entry = 'run.py'\n{table}"))


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("mode = 'onefil'", "mode"),
        ("jobs = -1", "jobs"),
        ("compression-level = 0", "compression-level"),
        ("compression-level = 11", "compression-level"),
        ("console = 'perhaps'", "console"),
        ("data = 'model.keras'", "data"),
        ("version-info = 'one'", "version-info"),
    ],
)
@pytest.mark.parametrize("rest", ["", "[project]\nname = 'x'\nversion = '1.0'"])
def test_wrong_values_name_their_key(project: Project, line: str, key: str, rest: str) -> None:
    with pytest.raises(ConfigurationError, match=f"wrong value for '{key}"):
        project(with_table(f"entry = 'run.py'\n{line}", rest))


def test_a_compression_level_of_an_older_version_names_the_highest(project: Project) -> None:
    with pytest.raises(
        ConfigurationError, match=r"'compression-level': .* less than or equal to 10; correct"
    ):
        project(RUN, entry="run.py", compression_level=19)


def test_a_text_for_a_list_is_refused_also_when_the_command_line_adds(project: Project) -> None:
    with pytest.raises(ConfigurationError, match="wrong value for 'data'"):
        project(with_table("entry = 'run.py'\ndata = 'run.py'"), data=["run.py"])


def test_the_table_must_be_one(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"\[tool\.tf2exe\] of .* is not a table"):
        project({**RUN, "pyproject.toml": "[tool]\ntf2exe = 3\n"})


def test_broken_toml(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*pyproject\.toml.*line 2"):
        project({**RUN, "pyproject.toml": "[tool.tf2exe]\nentry = \n"})


def test_missing_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no configuration at"):
        load_application(tmp_path / "none.toml", {}, tmp_path)


def test_package_entry(project: Project, tmp_path: Path) -> None:
    files = {"src/my_app/__init__.py": "", "src/my_app/__main__.py": ""}
    application = project(files, entry="my_app", python_path=["src"])
    assert (application.entry.kind, application.entry.target) == ("package", "my_app")
    assert application.entry.source == tmp_path / "src" / "my_app" / "__main__.py"
    assert application.roots == (tmp_path / "src",)


def test_function_entry(project: Project) -> None:
    application = project({"my_app/cli.py": "def main(): ..."}, entry="my_app.cli:main")
    assert (application.entry.kind, application.entry.source) == ("function", None)
    assert application.name == "my_app"


@pytest.mark.parametrize(
    "entry", ["missing.py", "my_app", "my_app:main", "my_app.cli:not a name", "../run.py"]
)
def test_entries_that_are_not_there(project: Project, entry: str) -> None:
    with pytest.raises(ConfigurationError, match="no program"):
        project(RUN, entry=entry)


def test_missing_folder_in_python_path(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"no folder .*nowhere"):
        project(RUN, entry="run.py", python_path=["nowhere"])


@pytest.mark.parametrize("name", ["a/b", "..", ".", "lib"])
def test_names_that_no_executable_can_have(project: Project, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be"):
        project(RUN, entry="run.py", name=name)


def test_lists_of_the_command_line_add_and_values_replace(project: Project) -> None:
    files = with_table(
        "entry = 'run.py'\nmode = 'standalone'\nexclude = ['a']\nversion-info.product = 'file'"
    )
    application = project(files, mode="onefile", exclude=["b"], version_info={"company": "line"})
    assert application.settings.mode == "onefile"
    assert application.settings.exclude == ["a", "b"]
    info = application.settings.version_info
    assert (info.product, info.company) == ("file", "line")


def test_origins(project: Project) -> None:
    application = project(with_table("entry = 'run.py'\nexclude = ['a']"), exclude=["b"], jobs=2)
    origins = {origin.key: origin.origin for origin in application.origins}
    assert origins["entry"] == "pyproject.toml"
    assert origins["exclude"] == "pyproject.toml and command line"
    assert origins["jobs"] == "command line"
    assert origins["mode"] == "default"


def test_project_metadata_is_the_default_of_version_information(project: Project) -> None:
    rest = "[project]\nname = 'x'\nversion = '1.2'\ndescription = 'from project'"
    table = "entry = 'run.py'\n[tool.tf2exe.version-info]\ndescription = 'own'"
    info = project(with_table(table, rest)).settings.version_info
    assert (info.version, info.description) == ("1.2", "own")


def test_another_entry_than_the_one_in_the_file_starts_from_nothing(project: Project) -> None:
    files = {**with_table("entry = 'run.py'\nexclude = ['a']\nname = 'one'"), "other.py": ""}
    application = project(files, entry="other.py")
    assert (application.name, application.settings.exclude) == ("other", [])


def test_paths_of_the_command_line_start_from_the_current_folder(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (there / "run.py").touch()
    (there / "pyproject.toml").write_text(
        "[tool.tf2exe]\nentry = 'run.py'\noutput-dir = 'out'\ndata = ['run.py']"
    )
    (here / "model.keras").touch()
    given = {"data": ["model.keras=m.keras"], "build-dir": "work"}
    application = load_application(there / "pyproject.toml", given, here)
    assert application.output == there / "out"
    assert application.build == here / "work" / "run"
    assert [file.source for file in application.data] == [there / "run.py", here / "model.keras"]


def test_the_bundled_application() -> None:
    folder = Path(__file__).resolve().parents[4]
    application = load_application(None, {}, folder)
    assert application.name == "image-classifier"
    assert any(file.destination.endswith(".keras") for file in application.data)
    assert all(sample.inputs for sample in application.samples)
