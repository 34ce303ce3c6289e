from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tf2exe.compile import compilers
from tf2exe.errors import MachineError
from tf2exe.system import host

ZIG = Path("C:/ziglang/zig.exe")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The programs of a Windows machine; `zig` stands for the package from PyPI."""
    programs: set[str] = set()
    monkeypatch.setattr(host, "IS_WINDOWS", True)
    monkeypatch.setattr(shutil, "which", lambda name: f"C:/bin/{name}.exe" if name in programs else None)
    monkeypatch.setattr(compilers, "find_zig", lambda: ZIG if "zig" in programs else None)
    return programs


def test_msvc_compiles_the_modules_and_zig_the_launchers(there: set[str]) -> None:
    there |= {"cl", "zig", "gcc"}
    found = compilers.select_compiler("auto")
    assert found.name == "msvc"
    assert found.nuitka_options == ("--msvc=latest",)
    assert found.command == (str(ZIG), "cc")


@pytest.mark.parametrize(
    ("programs", "name"), [({"zig"}, "zig"), ({"zig", "gcc"}, "zig"), ({"cl", "gcc"}, "gcc")]
)
def test_without_both_another_compiler_is_taken(there: set[str], programs: set[str], name: str) -> None:
    there |= programs
    assert compilers.select_compiler("auto").name == name


def test_msvc_alone_is_told_what_it_lacks(there: set[str]) -> None:
    there |= {"cl"}
    with pytest.raises(MachineError, match="MSVC is not enough") as refused:
        compilers.select_compiler("msvc")
    assert "pip install ziglang" in str(refused.value)
    there.clear()
    with pytest.raises(MachineError, match="no compiler 'msvc'"):
        compilers.select_compiler("msvc")


def test_no_compiler_at_all(there: set[str]) -> None:
    with pytest.raises(MachineError, match="none of msvc, zig, gcc, clang was found"):
        compilers.select_compiler("auto")
    there |= {"cl"}
    with pytest.raises(MachineError, match="no C compiler") as refused:
        compilers.select_compiler("auto")
    assert "pip install ziglang" in str(refused.value)
