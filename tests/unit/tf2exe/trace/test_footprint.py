from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.trace.footprint import EMPTY_FOOTPRINT, read_footprint

if TYPE_CHECKING:
    from pathlib import Path

RECORD = {
    "format": 1,
    "executed": ["/app/run.py"],
    "imported": [["fast", "/lib/fast.so"]],
    "modules": [["json", "/lib/json/__init__.py"], ["sys", ""]],
    "opened": ["/app/model.txt"],
    "read_as_source": [["/app/run.py", "/lib/autograph.py"]],
    "libraries": ["/lib/libc.so.6"],
}


def write_record(folder: Path, process: int, **changed: object) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"trace-{process}.json").write_text(json.dumps({**RECORD, **changed}), encoding="utf-8")


def test_records_of_all_processes_and_samples_are_joined(tmp_path: Path) -> None:
    write_record(tmp_path, 1)
    write_record(tmp_path, 2, opened=["/app/a.txt", "/app/model.txt"])
    write_record(tmp_path / "sample-0", 3, libraries=["/lib/libm.so.6"])
    footprint = read_footprint(tmp_path, ())
    assert footprint.modules == (("fast", "/lib/fast.so"), ("json", "/lib/json/__init__.py"), ("sys", ""))
    assert footprint.opened == ("/app/a.txt", "/app/model.txt")
    assert footprint.libraries == ("/lib/libc.so.6", "/lib/libm.so.6")
    assert footprint.read_as_source == (("/app/run.py", "/lib/autograph.py"),)


def test_events_of_a_killed_process_count_up_to_its_last_complete_line(tmp_path: Path) -> None:
    lines = ["('executed', '/app/child.py')\n", "('imported', ('fast', '/lib/fast.so'))\n", "('opened', '/ap"]
    (tmp_path / "trace-7.lines").write_text("".join(lines), encoding="ascii")
    footprint = read_footprint(tmp_path, ())
    assert footprint.executed == ("/app/child.py",)
    assert footprint.modules == (("fast", "/lib/fast.so"),)
    assert footprint.opened == ()


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "trace-7.lines").write_text(f"{('opened', '/app/' + chr(0xDCFF))!a}\n", encoding="ascii")
    assert read_footprint(tmp_path, ()).opened == ("/app/\udcff",)


@pytest.mark.parametrize(
    ("name", "content"), [("trace-1.json", '{"opened": ["/a'), ("trace-1.lines", "('opened', \n")]
)
def test_a_damaged_record_is_an_error(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises((ValueError, SyntaxError)):
        read_footprint(tmp_path, ())


def test_without_records_the_footprint_is_empty(tmp_path: Path) -> None:
    assert read_footprint(tmp_path / "absent", ()) == EMPTY_FOOTPRINT


def test_files_are_everything_that_a_sample_loaded(tmp_path: Path) -> None:
    write_record(tmp_path, 1)
    assert read_footprint(tmp_path, ()).files == {
        "/app/run.py",
        "/app/model.txt",
        "/lib/fast.so",
        "/lib/json/__init__.py",
        "/lib/libc.so.6",
        "",
    }
