"""Windows executables accept every path syntax, and write nothing next to themselves."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe.compile import compilers
from tf2exe.cross.toolchain.location import TARGET, windows_path

if TYPE_CHECKING:
    from pathlib import Path

    from windows_session import WindowsSession

PHOTOS = ["a.jpg", "b c.jpg", "ü ☕.jpg", "d.png", "deep/e.jpg", "[1].jpg"]


def test_patterns_are_not_expanded(windows: WindowsSession, program: Path) -> None:
    for name in PHOTOS:
        (windows.folder / name).parent.mkdir(exist_ok=True)
        (windows.folder / name).touch()
    found = windows.run_json(program, "glob", "*.jpg", "**/*.jpg", "b c*", "nothing*", "deep\\*", "[[]1].jpg")
    flat = sorted(name for name in PHOTOS if name.endswith(".jpg") and "/" not in name)
    assert found == [flat, sorted([*flat, "deep\\e.jpg"]), ["b c.jpg"], [], ["deep\\e.jpg"], ["[1].jpg"]]


@pytest.mark.promise("windows", "Every kind of Windows path works, also beyond 260 characters.")
def test_every_path_syntax(windows: WindowsSession, program: Path) -> None:
    """Paths on the current drive, device paths, network shares, and paths longer than 260 characters."""
    photo = windows.folder / "photo ü.jpg"
    photo.write_bytes(b"photograph")
    deep = windows.folder.joinpath(*(f"{number:02}" * 20 for number in range(8)))
    deep.mkdir(parents=True)
    shutil.copy(photo, deep)
    plain = windows_path(photo)
    long = windows_path(deep / photo.name)
    assert len(long) > 300
    words = [
        photo.name,
        "Z:" + photo.name,
        plain,
        plain[2:],
        plain.replace("\\", "/"),
        "\\\\?\\" + plain,
        "\\\\.\\" + plain,
        "\\\\server\\share" + plain[2:],
        "\\\\?\\UNC\\server\\share" + plain[2:],
        long,
        "\\\\?\\" + long,
        "\\\\server\\share" + long[2:],
        str(deep.relative_to(windows.folder)).replace("/", "\\") + "\\" + photo.name,
    ]
    expected = [10, hashlib.sha256(b"photograph").hexdigest()]
    assert windows.run_json(program, "read", *words) == [expected] * len(words)


@pytest.mark.promise("windows", "Every kind of Windows path works, also beyond 260 characters.")
def test_started_from_a_share(windows: WindowsSession, program: Path) -> None:
    """`sys.executable` is the path on the share."""
    path = "\\\\server\\share" + windows_path(program)[2:]
    found = windows.run_json(path, "where")
    assert found["executable"] == path
    assert found["argument"] == path


def test_started_with_the_long_path_prefix(windows: WindowsSession, program: Path) -> None:
    found = windows.run_json("\\\\?\\" + windows_path(program), "where")
    assert found["executable"] == windows_path(program)


@pytest.mark.promise("windows", "Every kind of Windows path works, also beyond 260 characters.")
def test_names_in_any_script(windows: WindowsSession, program: Path) -> None:
    path = windows.copy_program(program, windows.folder / "Ordner äö" / "日本 ☕" / "проверка ü.exe")
    where = windows.folder / "Ärbeit ☕"
    where.mkdir()
    found = windows.run_json(path, "where", cwd=windows_path(where))
    assert found["executable"] == found["argument"] == windows_path(path)
    assert found["folder"] == windows_path(where)
    root = path.parent if (path.parent / "lib").is_dir() else windows.local / "tf2exe"
    assert found["file"].startswith(windows_path(root) + "\\")
    assert found["file"].endswith("\\__main__.py")
    assert found["left over"] is False


@pytest.mark.promise("windows", "Every kind of Windows path works, also beyond 260 characters.")
def test_long_program_path(windows: WindowsSession, program: Path) -> None:
    """The path of the program has more than 260 characters."""
    deep = windows.folder.joinpath(*(f"{number:02}" * 20 for number in range(8)))
    path = windows.copy_program(program, deep / "habits.exe")
    assert len(str(path)) > 300
    found = windows.run_json(path, "where", **{"by short names": True})
    assert found["executable"].endswith("\\habits.exe")
    assert len(found["executable"]) < len(windows_path(path))
    assert found["argument"] == windows_path(path)


@pytest.mark.promise("windows", "Nothing is written next to the executable.")
def test_nothing_is_written_next_to_the_program(windows: WindowsSession, program: Path) -> None:
    path = windows.copy_program(program, windows.folder / "Program Files" / "habits.exe")
    work = windows.folder / "work"
    work.mkdir()
    for made in [path.parent, *path.parent.rglob("*"), work]:
        if made.is_dir():
            made.chmod(0o555)
    before = windows.file_states(windows.folder)
    assert windows.run_json(path, "texts", "x", cwd=windows_path(work)) == ["x"]
    assert windows.file_states(windows.folder) == before
    for made in windows.folder.rglob("*"):
        if made.is_dir():
            made.chmod(0o755)


@pytest.mark.promise("windows", "No DLL is loaded from the current or the download directory.")
def test_no_dll_is_loaded_from_the_working_folder(
    windows: WindowsSession, program: Path, tmp_path: Path
) -> None:
    """The current folder has DLLs that end the process with code 66 when they are loaded."""
    names = (
        "python311.dll",
        "python3.dll",
        "vcruntime140.dll",
        "version.dll",
        "ucrtbase.dll",
        "msvcp140.dll",
    )
    source = tmp_path / "planted.c"
    source.write_text(
        "#include <windows.h>\nBOOL WINAPI DllMain(HINSTANCE i, DWORD why, LPVOID r) { ExitProcess(66); }\n",
        encoding="ascii",
    )
    zig = compilers.find_zig()
    command = [
        str(zig),
        "cc",
        "-target",
        TARGET,
        "-shared",
        str(source),
        "-o",
        str(tmp_path / "planted.dll"),
    ]
    subprocess.run(command, check=True, env={**os.environ, **windows.toolchain.environment()})
    for name in names:
        shutil.copy(tmp_path / "planted.dll", windows.folder / name)
    found = windows.run_json(program, "libraries", *names)
    assert found["python311.dll"] is not None
    assert not [path for path in found.values() if path and path.startswith(windows_path(windows.folder))]
