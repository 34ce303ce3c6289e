from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.installed import InstalledDistributions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def installed() -> InstalledDistributions:
    return InstalledDistributions()


def write_distribution(folder: Path, name: str, record: str) -> None:
    (folder / f"{name}-1.dist-info").mkdir(parents=True)
    (folder / f"{name}-1.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1\n", encoding="utf-8")
    (folder / f"{name}-1.dist-info" / "RECORD").write_text(record, encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("rich", "rich"),
        ("rich.console", "rich"),
        ("pydantic_core._pydantic_core", "pydantic-core"),
        ("PIL.Image", "pillow"),
        ("google.protobuf.message", "protobuf"),
        ("typing_extensions", "typing-extensions"),
        ("nowhere", None),
        ("json", None),
    ],
)
def test_the_owner_of_a_module(
    installed: InstalledDistributions, module: str, distribution: str | None
) -> None:
    assert installed.owner_of_module(module) == distribution


def test_the_owner_in_a_namespace_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_distribution(tmp_path, "first", "space/one/__init__.py,,\n")
    write_distribution(tmp_path, "second", "space/two.py,,\nspace/one_more.py,,\n")
    monkeypatch.syspath_prepend(tmp_path)
    installed = InstalledDistributions()
    assert installed.by_top_level["space"] == {"first", "second"}
    assert installed.owner_of_module("space.one.part") == "first"
    assert installed.owner_of_module("space.two") == "second"
    assert installed.owner_of_module("space.three") is None


def test_files_have_no_cached_bytecode_and_no_scripts(installed: InstalledDistributions) -> None:
    base, files = installed.files("rich")
    assert (base / "rich" / "console.py").is_file()
    assert "rich/console.py" in files
    assert not [name for name in files if "__pycache__" in name or name.startswith("../")]
    assert installed.owner[f"{base.as_posix()}/rich/console.py"] == "rich"


def test_bytecode_without_its_source_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = "closed/a.pyc,,\nclosed/__pycache__/b.cpython-311.pyc,,\nclosed/b.py,,\n../../bin/closed,,\n"
    write_distribution(tmp_path, "closed", record)
    monkeypatch.syspath_prepend(tmp_path)
    assert InstalledDistributions().files("closed")[1] == ("closed/a.pyc", "closed/b.py")
