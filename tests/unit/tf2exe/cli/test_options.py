from __future__ import annotations

import argparse

import pytest

from tf2exe.cli import options
from tf2exe.config import settings


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="tf2exe build")
    options.add_settings(made)
    return made


NO_OPTION = {"compare", "verify"}
"""Tables that only a file can hold."""


def test_every_setting_has_an_option(parser: argparse.ArgumentParser) -> None:
    parsed = {action.dest.partition(".")[0] for action in parser._actions}  # noqa: SLF001 - no public list
    assert parsed - {"help"} == set(settings.setting_fields()) - NO_OPTION


def test_the_help_can_be_shown(parser: argparse.ArgumentParser) -> None:
    text = parser.format_help()
    assert "--sample " in text
    assert "--no-console" in text
    assert "{onefile,standalone}" in text


def test_nothing_given_leaves_nothing(parser: argparse.ArgumentParser) -> None:
    assert options.read_settings(parser.parse_args([])) == {}


def test_given(parser: argparse.ArgumentParser) -> None:
    line = [
        *("run.py", "--mode", "standalone", "--jobs", "2", "--compression-level", "3", "--no-console"),
        *("--sample", "a b", "--sample", "c", "--data", "x=y", "--include-module", "m", "--debug"),
        *("--product-version", "1.0", "--company", "Some"),
    ]
    given = options.read_settings(parser.parse_args(line))
    assert given == {
        "entry": "run.py",
        "mode": "standalone",
        "jobs": 2,
        "compression-level": 3,
        "console": False,
        "samples": ["a b", "c"],
        "data": ["x=y"],
        "include-module": ["m"],
        "debug": True,
        "version-info": {"version": "1.0", "company": "Some"},
    }
    settings.Settings.model_validate(given)


@pytest.mark.parametrize(
    "line", [["--mode", "folder"], ["--jobs", "many"], ["--compiler", "tcc"], ["--what"]]
)
def test_refused(
    parser: argparse.ArgumentParser, line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(line)
    assert stop.value.code == 2
    assert capsys.readouterr().err
