from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.modules import Module
from tf2exe.baseline.comparator import BaselineComparator, compare_samples
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.samples.runner import RunResult

    Project = Callable[..., Application]
    Answer = Callable[..., RunResult]

MODULES = (
    Module("__main__", Path("run.py"), False, (), ()),  # noqa: FBT003 - not a package
    Module("own.part", Path("own/part.py"), False, (), ()),  # noqa: FBT003
    Module("own", Path("own/__init__.py"), True, (), ()),  # noqa: FBT003 - a package
)
TRACEBACK = """\
Traceback (most recent call last):
  File "run.py", line 1, in <module>
  File "own/part.py", line 2, in f
  File "own/__init__.py", line 3, in g
  File "numpy/core.py", line 4, in h
  File "json/decoder.py", line 5, in decode
ValueError
"""


def make_comparator(project: Project, tmp_path: Path) -> BaselineComparator:
    program = tmp_path / "dist" / "run"
    program.parent.mkdir()
    program.touch()
    return BaselineComparator(project({"run.py": ""}, entry="run.py"), MODULES, program, tmp_path / "w", None)


def test_files_in_tracebacks_are_named_as_in_python(project: Project, answer: Answer, tmp_path: Path) -> None:
    assert (Path(sysconfig.get_path("stdlib")) / "json" / "decoder.py").is_file()
    comparator = make_comparator(project, tmp_path)
    text = TRACEBACK
    for old, new in comparator.executable_substitutions(answer(stderr=TRACEBACK)).paths:
        text = text.replace(old, new)
    assert text.splitlines()[1:-1] == [
        '  File "<program>", line 1, in <module>',
        '  File "<application>/own/part.py", line 2, in f',
        '  File "<application>/own/__init__.py", line 3, in g',
        '  File "<packages>/numpy/core.py", line 4, in h',
        '  File "<python>/json/decoder.py", line 5, in decode',
    ]


def test_modules_count_as_compiled_on_both_sides(project: Project, answer: Answer, tmp_path: Path) -> None:
    comparator = make_comparator(project, tmp_path)
    expected = ("<program>", "<application>/own/part.py", "<application>/own/__init__.py")
    assert comparator.executable_substitutions(answer()).sourceless == expected
    assert comparator.python_substitutions(answer()).sourceless == expected


@pytest.mark.parametrize("mode", ["onedir", "onefile"])
def test_the_folder_of_the_files_is_replaced(
    project: Project, answer: Answer, tmp_path: Path, mode: str
) -> None:
    comparator = make_comparator(project, tmp_path)
    unpacked = comparator.temporary / "_MEI12ab"
    inside = tmp_path / "dist" / "_internal"
    if mode == "onedir":
        inside.mkdir()
    result = answer(stdout=f"{unpacked}/model.txt {inside}/model.txt")
    paths = dict(comparator.executable_substitutions(result).paths)
    assert paths[str(comparator.program)] == "<program>"
    assert [path for path, text in paths.items() if text == "<application>"] == [
        str(inside if mode == "onedir" else unpacked)
    ]


@pytest.mark.parametrize(("commands", "same"), [("echo hello", True), ("echo hello; echo oh >&2", False)])
def test_each_sample_is_compared(project: Project, tmp_path: Path, commands: str, *, same: bool) -> None:
    """A shell script in place of the executable."""
    application = project({"run.py": "print('hello')"}, entry="run.py", samples=["", "again"])
    program, folder = tmp_path / "program", tmp_path / "verify"
    program.write_text(f"#!/bin/sh\n{commands}\n", encoding="utf-8")
    program.chmod(0o755)
    python = BaselineComparator(application, (), program, tmp_path / "first", None)
    traced = tuple(
        python.run_python(sample, tmp_path / f"traced-{number}")
        for number, sample in enumerate(application.samples)
    )
    steps: list[Step] = []
    comparisons = compare_samples(application, (), traced, program, folder, models=None, on_step=steps.append)
    assert [comparison.same for comparison in comparisons] == [same, same]
    assert (folder / "baseline-1.stderr").read_text() == ("" if same else "oh\n")
    names = [sample.name for sample in application.samples]
    assert steps == [Step("executable", names[0], 1, 2), Step("executable", names[1], 2, 2)]
