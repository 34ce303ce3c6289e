"""What Windows libraries ask for, and whether a build has it: with libraries that are compiled here."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import LibraryError
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.package_rules import parse_package
from tf2exe.native import dlls, missing_dlls, pe

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "1 VERSIONINFO\nFILEVERSION {0},2,3,4\nBEGIN\nEND\n"


@pytest.fixture
def build(made: Path, tmp_path: Path) -> Path:
    """A folder with everything in the right place."""
    packages = tmp_path / "lib" / "packages" / "package"
    packages.mkdir(parents=True)
    shutil.copy(made / "program.exe", tmp_path)
    shutil.copy(made / "middle.dll", tmp_path / "middle.dll")
    shutil.copy(made / "bottom.dll", tmp_path / "bottom.dll")
    shutil.copy(made / "middle.dll", packages / "module.pyd")
    shutil.copy(made / "bottom.dll", tmp_path / "late.dll")
    return tmp_path


def test_what_a_file_asks_for(made: Path) -> None:
    middle, program = pe.read_file(made / "middle.dll"), pe.read_file(made / "program.exe")
    assert middle is not None
    assert (middle.architecture, middle.is_program) == ("x86_64", False)
    assert (middle.needed, middle.delayed) == (("bottom.dll",), ("late.dll",))
    assert (middle.version, middle.is_signed) == ((0, 0, 0, 0), False)
    assert program is not None
    assert program.is_program
    assert program.needed == ("middle.dll",)


def test_other_files_ask_for_nothing(made: Path, tmp_path: Path) -> None:
    assert pe.read_file(made / "middle.c") is None
    assert pe.read_file(made / "missing.dll") is None
    whole = (made / "middle.dll").read_bytes()
    for length in (2, 60, 64, 200, 400):
        (tmp_path / "cut.dll").write_bytes(whole[:length])
        assert pe.read_file(tmp_path / "cut.dll") is None


def test_what_windows_brings() -> None:
    for name in (
        "KERNEL32.dll",
        "api-ms-win-crt-heap-l1-1-0.dll",
        "ext-ms-win-ntuser-x-l1-1-0.dll",
        "ucrtbase.dll",
    ):
        assert dlls.in_windows(name)
    for name in ("msvcp140.dll", "vcruntime140.dll", "vcruntime140_1.dll", "vcruntime140_threads.dll"):
        assert not dlls.in_windows(name), "a clean Windows has none"
    assert dlls.in_most_windows_editions("MFPlat.dll")
    for name in ("python3.dll", "mfplat.dll", "vulkan-1.dll", "cudart64_12.dll", "libgcc_s_seh-1.dll"):
        assert not dlls.in_windows(name)


def test_a_whole_build(build: Path) -> None:
    assert missing_dlls.find_missing(build) == ()
    assert missing_dlls.check_folder(build) == ()


@pytest.mark.promise("windows", "A missing DLL fails the build with its name and the files that need it.")
def test_what_is_missing_is_named_with_who_asks(build: Path) -> None:
    (build / "bottom.dll").unlink()
    askers = ("lib/packages/package/module.pyd", "middle.dll")
    assert missing_dlls.find_missing(build) == (
        missing_dlls.ExternalDll("bottom.dll", askers, delayed=False, elsewhere=()),
    )
    with pytest.raises(
        LibraryError, match=r"bottom\.dll \(needed by lib/packages/package/module\.pyd, middle\.dll\)"
    ) as told:
        missing_dlls.check_folder(build)
    assert told.value.exit_code == 9
    assert "msvc-runtime" in str(told.value)


@pytest.mark.parametrize("allowed", ["bottom.dll", "BOTTOM.dll", "b*.dll"])
def test_what_is_allowed_to_be_missing(build: Path, allowed: str) -> None:
    (build / "bottom.dll").unlink()
    assert missing_dlls.check_folder(build, [allowed]) == ()


def test_what_this_machine_does_without_may_be_missing(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plug-in for a database that nobody has installed; but what is here, others may lack."""
    (build / "bottom.dll").unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    with pytest.raises(LibraryError):
        missing_dlls.check_folder(build)  # nothing has run: nobody knows
    (found,) = missing_dlls.check_folder(build, sampled=True)
    (line,) = missing_dlls.report_missing([found])
    assert line.startswith("not bundled: bottom.dll (needed by lib/packages/package/module.pyd, ")
    assert line.endswith("; what needs it does not load on this machine either")
    (tmp_path / "tools").mkdir()
    shutil.copy(build / "late.dll", tmp_path / "tools" / "bottom.dll")
    with pytest.raises(LibraryError):
        missing_dlls.check_folder(build, sampled=True)


def test_what_is_told_of_missing_libraries() -> None:
    found = [missing_dlls.ExternalDll(f"{n}.dll", ("a.pyd",), delayed=True, elsewhere=()) for n in range(5)]
    found += [missing_dlls.ExternalDll("mf.dll", ("cv2.pyd",), delayed=False, elsewhere=())]
    later, editions = missing_dlls.report_missing(found)
    assert later.endswith("2.dll (needed by a.pyd) and 2 more; loaded only when a function of it is called")
    assert editions == "not bundled: mf.dll (needed by cv2.pyd); some editions of Windows lack it (N, Server)"
    assert missing_dlls.report_missing([]) == []


def test_what_a_package_does_without_may_be_missing(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (build / "bottom.dll").unlink()
    rule = {"names": ["Bottom.dll"], "reason": "it works without"}
    package = parse_package({"names": ["package"], "optional_library": [rule]}, "package.toml")
    monkeypatch.setattr(package_rules, "read_all", lambda: (package,))
    assert missing_dlls.check_folder(build) == ()


@pytest.mark.promise("windows", "A missing delay-loaded DLL is reported and does not fail the build.")
def test_what_is_asked_for_late_may_be_missing_and_is_told(build: Path) -> None:
    (build / "late.dll").unlink()
    (late,) = missing_dlls.check_folder(build)
    assert (late.name, late.delayed) == ("late.dll", True)
    assert missing_dlls.check_folder(build, ["late.dll"]) == ()


@pytest.mark.promise("windows", "A missing DLL fails the build with its name and the files that need it.")
def test_where_the_loader_looks(build: Path) -> None:
    packages = build / "lib" / "packages"
    importers_without_it = {
        packages / "package": [("middle.dll",)],  # next to module.pyd
        packages / "package" / "below": [("middle.dll",)],  # in the package of module.pyd
        packages / "other.libs": [],  # the libraries of a wheel, which every file finds
    }
    for folder, importers in importers_without_it.items():
        folder.mkdir(exist_ok=True)
        (build / "bottom.dll").replace(folder / "bottom.dll")
        assert [missing.importers for missing in missing_dlls.find_missing(build)] == importers, folder
        (folder / "bottom.dll").replace(build / "bottom.dll")
    (packages / "another").mkdir()
    (build / "bottom.dll").replace(packages / "another" / "bottom.dll")
    (missing,) = missing_dlls.find_missing(build)
    assert missing.elsewhere == ("lib/packages/another/bottom.dll",)
    assert "it is in lib/packages/another/bottom.dll, where Windows does not look" in str(missing)


def test_a_program_for_another_processor_does_not_count(build: Path) -> None:
    other = bytearray((build / "middle.dll").read_bytes())
    place = other.index(b"PE\0\0") + 4
    other[place : place + 2] = b"\x64\xaa"
    (build / "lib" / "packages" / "package" / "module.pyd").write_bytes(other)
    (build / "bottom.dll").unlink()
    (missing,) = missing_dlls.find_missing(build)
    assert missing.importers == ("middle.dll",)


def test_a_folder_without_a_windows_program(build: Path) -> None:
    (build / "program.exe").unlink()
    (build / "bottom.dll").unlink()
    assert missing_dlls.find_missing(build) == ()


def test_what_travels_is_found_through_each_other(made: Path) -> None:
    found, missing = dlls.find_dlls([(made / "program.exe", "program.exe")], [made])
    assert [(x.name, x.destination, x.reason) for x in found] == [
        ("bottom.dll", "bottom.dll", "middle.dll needs it"),
        ("middle.dll", "middle.dll", "program.exe needs it"),
    ]
    assert missing == ()


def test_what_is_nowhere_is_told(made: Path, tmp_path: Path) -> None:
    files = [(made / "middle.dll", "lib/packages/package/middle.dll")]
    assert dlls.find_dlls(files, [tmp_path]) == ((), (("bottom.dll", files[0][1]),))


def test_what_is_carried_already_is_not_looked_for(made: Path) -> None:
    files = [(made / f"{name}.dll", f"lib/packages/package/{name}.dll") for name in ("middle", "bottom")]
    assert dlls.find_dlls(files, [made]) == ((), ())


@pytest.mark.promise("windows", "Of several versions of a Visual C++ library the newest is bundled.")
def test_the_newest_is_taken(made: Path, compiler: list[str], tmp_path: Path) -> None:
    """Python brings an older Visual C++ runtime than newer packages need."""
    for number in (9, 10, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "version.rc").write_text(VERSION.format(number))
        subprocess.run([compiler[0], "rc", "version.rc"], cwd=folder, check=True)
        command = [
            *compiler,
            "-nostdlib",
            "-shared",
            str(made / "bottom.c"),
            "version.res",
            "-o",
            "bottom.dll",
        ]
        subprocess.run(command, cwd=folder, check=True)
    places = [tmp_path / number for number in ("9", "10", "2")]
    assert dlls.newest_copy("bottom.dll", places) == tmp_path / "10" / "bottom.dll"
    assert dlls.newest_copy("bottom.dll", [tmp_path]) is None
