"""What a Windows executable is and needs, read from small folders that are compiled and packed here."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pefile
import pytest

from tf2exe import layout
from tf2exe.__main__ import main
from tf2exe.errors import InspectionError
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.package_rules import parse_package
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.pack import pack_onefile
from tf2exe.report.inspect import inspect_executable

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
int middle(void);
__declspec(dllimport) void *malloc(unsigned long long);
__declspec(dllimport) void *GetStdHandle(unsigned int);
int mainCRTStartup(void) { return middle() + (malloc(3) == GetStdHandle(1)); }
"""
SUBSYSTEM_VERSION = 48
"""Of the optional header: two numbers of 16 bits."""


@pytest.fixture(scope="module")
def folder(made: Path, compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`program.exe` needs middle.dll, which needs bottom.dll and later late.dll; the C runtime; Windows."""
    where = tmp_path_factory.mktemp("inspected") / "program"
    packages = where / "lib" / "packages" / "package"
    packages.mkdir(parents=True)
    (where / layout.BUILD_INFO).parent.mkdir()
    (where / layout.BUILD_INFO).write_text(json.dumps({"format": 1, "name": "program", "sourceless": []}))
    source = made / "uses.c"
    source.write_text(PROGRAM)
    libraries = [str(made / "middle.lib"), "-lkernel32", "-lapi-ms-win-crt-heap-l1-1-0"]
    command = [*compiler, "-nostdlib", "-O2", "-s", "-Wl,--entry=mainCRTStartup", str(source), *libraries]
    subprocess.run([*command, "-o", str(where / "program.exe")], check=True)
    for name in ("middle.dll", "bottom.dll"):
        shutil.copy(made / name, where)
    shutil.copy(made / "bottom.dll", where / "late.dll")
    shutil.copy(made / "middle.dll", packages / "module.pyd")
    return where


def packed(folder: Path, launcher: Path, output: Path) -> Path:
    pack_onefile(
        folder,
        start="program.exe",
        launcher=launcher,
        output=output,
        compressor=ChunkCompressor(10, 1, None),
        on_progress=lambda _done, _total: None,
    )
    return output


@pytest.fixture
def changed(folder: Path, tmp_path: Path) -> Path:
    """A copy of the folder for a test to change."""
    return shutil.copytree(folder, tmp_path / "changed")


def set_subsystem_version(path: Path, major: int, minor: int) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(b"PE\0\0") + 24 + SUBSYSTEM_VERSION
    data[place : place + 4] = major.to_bytes(2, "little") + minor.to_bytes(2, "little")
    path.write_bytes(data)


def test_a_folder(folder: Path) -> None:
    found = inspect_executable(folder)
    assert (found.name, found.mode, found.system, found.architecture) == (
        "program",
        "standalone",
        "windows",
        "x86_64",
    )
    assert (found.subsystem, found.is_signed, found.loader) == ("console", False, "")
    assert (found.files, found.native, found.missing, found.optional) == (6, 5, (), ())
    assert found.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert {library.name: (library.version, library.file) for library in found.libraries} == {
        "kernel32.dll": ("", "program.exe"),
        "api-ms-win-crt-heap-l1-1-0.dll": ("10.0", "program.exe"),
    }
    assert (found.minimum_version, found.minimum_system) == ("10.0", "Windows 10")


def test_a_onefile(folder: Path, onefile_launcher: Path, tmp_path: Path) -> None:
    single = packed(folder, onefile_launcher, tmp_path / "single.exe")
    found, unpacked = inspect_executable(single), inspect_executable(folder)
    assert (found.mode, found.system, found.subsystem, found.is_signed) == (
        "onefile",
        "windows",
        "console",
        False,
    )
    assert (found.files, found.native, found.missing) == (7, 6, ())
    assert {library.name for library in found.libraries} > {library.name for library in unpacked.libraries}
    assert found.minimum_system == "Windows 10"


def test_the_file_that_users_start_decides_about_console_and_signature(
    folder: Path, make_launcher: object, sign: list[str], tmp_path: Path
) -> None:
    assert callable(make_launcher)
    single = packed(folder, make_launcher(False), tmp_path / "single.exe")  # noqa: FBT003
    signed = tmp_path / "signed.exe"
    subprocess.run([*sign, "-in", str(single), "-out", str(signed)], check=True, capture_output=True)
    assert [
        (inspect_executable(path).subsystem, inspect_executable(path).is_signed) for path in (single, signed)
    ] == [
        ("windows", False),
        ("windows", True),
    ]


def test_the_newest_version_of_windows_that_a_header_names(changed: Path) -> None:
    set_subsystem_version(changed / "middle.dll", 10, 1)
    assert inspect_executable(changed).minimum_system == "Windows 10.1"


def test_a_bundled_c_runtime_makes_no_demands(changed: Path) -> None:
    shutil.copy(changed / "bottom.dll", changed / "api-ms-win-crt-heap-l1-1-0.dll")
    found = inspect_executable(changed)
    assert [library.name for library in found.libraries] == ["kernel32.dll"]
    header = pefile.PE(str(changed / "program.exe"), fast_load=True).OPTIONAL_HEADER
    assert found.minimum_version == f"{header.MajorSubsystemVersion}.{header.MinorSubsystemVersion}"
    assert found.minimum_system == "Windows Vista"


def test_a_missing_library(
    changed: Path, onefile_launcher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (changed / "bottom.dll").unlink()
    for place in (changed, packed(changed, onefile_launcher, tmp_path / "single.exe")):
        assert main(["inspect", str(place)]) == 1
        said = " ".join(capsys.readouterr().out.split())
        assert "missing: bottom.dll, required by lib/packages/package/module.pyd, is neither" in said
        (missing,) = inspect_executable(place).missing
        assert (missing.name, missing.files) == ("bottom.dll", 2)


def test_a_library_where_windows_does_not_look_is_missing(changed: Path) -> None:
    (changed / "lib" / "packages" / "another").mkdir()
    (changed / "bottom.dll").rename(changed / "lib" / "packages" / "another" / "bottom.dll")
    assert [library.name for library in inspect_executable(changed).missing] == ["bottom.dll"]


def test_a_library_that_is_loaded_late_is_optional(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (changed / "late.dll").unlink()
    assert main(["inspect", str(changed)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "not bundled: late.dll, imported by lib/packages/package/module.pyd: loaded only when" in said
    assert said.endswith("no library is missing")


def test_a_library_that_a_package_works_without_is_optional(
    changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (changed / "bottom.dll").unlink()
    rule = {"names": ["Bottom.dll"], "reason": "it works without"}
    package = parse_package({"names": ["package"], "optional_library": [rule]}, "package.toml")
    monkeypatch.setattr(package_rules, "read_all", lambda: (package,))
    found = inspect_executable(changed)
    assert [(library.name, library.reason) for library in found.optional] == [
        ("bottom.dll", "it works without")
    ]
    assert found.missing == ()


def test_a_file_for_another_processor_makes_no_demands(changed: Path) -> None:
    module = changed / "lib" / "packages" / "package" / "module.pyd"
    data = bytearray(module.read_bytes())
    place = data.index(b"PE\0\0") + 4
    data[place : place + 2] = b"\x64\xaa"
    module.write_bytes(data)
    (changed / "bottom.dll").unlink()
    (missing,) = inspect_executable(changed).missing
    assert (missing.file, missing.files) == ("middle.dll", 1)


def test_as_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(folder / "program.exe")]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in ("runs on windows, x86_64", "console yes", "signature none", "needs Windows 10 or newer"):
        assert line in lines


def test_a_program_that_is_not_whole(changed: Path) -> None:
    whole = (changed / "program.exe").read_bytes()
    for size in (0, 2, 63, 200):
        (changed / "program.exe").write_bytes(whole[:size])
        with pytest.raises(InspectionError, match=r"program\.exe is not a program"):
            inspect_executable(changed)
