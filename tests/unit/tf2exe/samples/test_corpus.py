from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import ConfigurationError
from tf2exe.samples import corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fill = Callable[[str], Path]

JOIN = '[join.all]\narguments = ["--lines"]\nsize = 2\n'


@pytest.fixture
def listed(tmp_path: Path) -> Fill:
    """A corpus of three photographs with a list."""
    for name in ("a.png", "b [1].png", "line\nbreak.png"):
        (tmp_path / name).write_text(name)

    def write(text: str) -> Path:
        (tmp_path / corpus.LIST_FILE).write_text(f"format = 1\n{text}", encoding="utf-8")
        return tmp_path

    return write


def case(name: str, *arguments: str, more: str = "") -> str:
    return f"[[case]]\nname = {name!r}\narguments = {json.dumps(arguments)}\n{more}\n"


def test_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "a.png", "sub/c d.txt"):
        (tmp_path / name).write_text("x")
    read = corpus.read_corpus(tmp_path)
    assert [c.sample.arguments for c in read.cases] == [("a.png",), ("b.png",), ("sub/c d.txt",)]
    assert read.cases[2].sample.inputs == ((tmp_path / "sub" / "c d.txt", "sub/c d.txt"),)
    assert [c.group for c in read.cases] == ["a.png", "b.png", "sub"]


def test_files_that_arguments_name_come_along(listed: Fill) -> None:
    folder = listed(case("one", "a.png", "b [1].png", "--x=line\nbreak.png", "missing.png"))
    sample = corpus.read_corpus(folder).cases[0].sample
    assert [name for _, name in sample.inputs] == ["a.png", "b [1].png", "line\nbreak.png"]


def test_everything_that_a_case_may_say(listed: Fill) -> None:
    more = 'stdin = "a.png"\nstdout = "broken-pipe"\nstderr = "full-device"\n'
    more += 'environment = { LC_ALL = "C" }\nfiles = ["a.png"]'
    sample = corpus.read_corpus(listed(case("group/one", "-", more=more))).cases[0].sample
    assert (sample.stdout, sample.stderr, sample.environment) == (
        "broken-pipe",
        "full-device",
        (("LC_ALL", "C"),),
    )
    assert sample.stdin is not None
    assert sample.stdin.name == "a.png"
    assert [name for _, name in sample.inputs] == ["a.png"]


def test_cases_share_processes(listed: Fill) -> None:
    join = 'join = "all"'
    text = JOIN + case("x", "-h") + "".join(case(n, "--lines", n, more=join) for n in ("a.png", "no", "nor"))
    read = corpus.read_corpus(listed(text))
    assert [run.sample.arguments for run in read.runs(alone=False)] == [
        ("-h",),
        ("--lines", "a.png", "no"),
        ("--lines", "nor"),
    ]
    assert [run.sample.arguments for run in read.runs(alone=True)] == [
        ("-h",),
        ("--lines", "a.png"),
        ("--lines", "no"),
        ("--lines", "nor"),
    ]


def test_only_some(listed: Fill) -> None:
    folder = listed(case("a/one") + case("a/two/three") + case("b/one"))
    assert [c.sample.name for c in corpus.read_corpus(folder, ["a/*"]).cases] == ["a/one"]
    assert [c.sample.name for c in corpus.read_corpus(folder, ["a/**"]).cases] == ["a/one", "a/two/three"]
    with pytest.raises(ConfigurationError, match="none of its 3 cases"):
        corpus.read_corpus(folder, ["c/*"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[case]]\n", "wrong 'case.0.name'"),
        (case("a") + case("a"), "two cases"),
        (case("a", more="colour = 1"), "wrong 'case.0.colour'"),
        (case("a", more='stdout = "shut"'), "wrong 'case.0.stdout'"),
        (case("a", more='stdin = "no.txt"'), r"no file .*no.txt"),
        (case("a", more='files = ["no.txt"]'), r"no file .*no.txt"),
        (case("a", more='join = "all"'), r"no \[join.all\]"),
        (JOIN + case("a", "a.png", more='join = "all"'), "do not begin with"),
        (
            JOIN + case("a", "--lines", more='join = "all"\nstdout = "broken-pipe"'),
            "only arguments and files",
        ),
        ("[[case\n", "cannot read"),
    ],
)
def test_lists_that_are_wrong(listed: Fill, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        corpus.read_corpus(listed(text))


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        corpus.read_corpus(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="no case in"):
        corpus.read_corpus(tmp_path)


def test_what_windows_cannot_have_is_left_out_and_counted(listed: Fill) -> None:
    folder = listed(
        case("one", "a.png")
        + case("two", "line\nbreak.png")
        + case("closed", "a.png", more='stdout = "closed"')
        + case("gone", "a.png", more='stdout = "broken-pipe"')
    )
    assert corpus.read_corpus(folder, windows=False).left_out == ()
    read = corpus.read_corpus(folder, windows=True)
    assert [c.sample.name for c in read.cases] == ["one", "gone"]
    assert [name for name, _ in read.left_out] == ["two", "closed"]
    assert corpus.read_corpus(folder, ["one", "two"], windows=True).left_out == read.left_out[:1]
