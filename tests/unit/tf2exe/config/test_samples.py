"""Samples of an application, as its settings give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]

RUN = {"run.py": "print('hello')\n"}
TABLE = "[tool.tf2exe]\nentry = 'run.py'\n{}\n"


def test_samples_are_split_as_a_shell_does(project: Project) -> None:
    (sample,) = project(RUN, entry="run.py", samples=["--label 'two words' a\\ b ''"]).samples
    assert sample.arguments == ("--label", "two words", "a b", "")
    assert (sample.stdin, sample.inputs) == (None, ())


def test_unbalanced_sample(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be split.*balance the quotes"):
        project(RUN, entry="run.py", samples=["it's"])


def test_input_files_of_a_sample(project: Project, tmp_path: Path) -> None:
    names = ("a.png", "photos/b.png", "photos/deep/c.png", "labels.txt", "unused.png")
    outside = f"{tmp_path / 'unused.png'} ../{tmp_path.name}/a.png"
    text = f"a.png photos --labels=labels.txt --top 3 none.png {outside} ."
    application = project({**RUN, **dict.fromkeys(names, "x")}, entry="run.py", samples=[text])
    (sample,) = application.samples
    assert [name for _, name in sample.inputs] == ["a.png", "photos/b.png", "photos/deep/c.png", "labels.txt"]
    assert all(source == tmp_path / name for source, name in sample.inputs)


def test_a_sample_as_a_table(project: Project, tmp_path: Path) -> None:
    table = "[[tool.tf2exe.samples]]\nname = 'one'\narguments = ['a b']\nstdin = 'in.txt'"
    (sample,) = project({**RUN, "pyproject.toml": TABLE.format(table), "in.txt": "x"}).samples
    assert (sample.name, sample.arguments, sample.stdin) == ("one", ("a b",), tmp_path / "in.txt")


def test_missing_standard_input_of_a_sample(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"no file .*in\.txt"):
        project({**RUN, "pyproject.toml": TABLE.format("[[tool.tf2exe.samples]]\nstdin = 'in.txt'")})


def test_a_sample_that_leaves_the_project_names_its_file_absolutely(project: Project, tmp_path: Path) -> None:
    application = project(RUN, entry="run.py", samples=[f"../{tmp_path.name}/run.py ../nowhere.png"])
    (sample,) = application.samples
    assert sample.arguments == (str(tmp_path / "run.py"), "../nowhere.png")
    assert sample.inputs == ()
