from __future__ import annotations

import importlib.util
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from tf2exe.assemble import bytecode
from tf2exe.errors import PackageError
from tf2exe.knowledge.rules import SourcePatch

TEXT = '''"""Documentation."""
import inspect


def greet(name: str = "you") -> str:
    assert name
    return f"hello {name}"


def own_source() -> str:
    return inspect.getsource(greet)


WHERE = greet.__code__.co_filename
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "build-machine" / "site-packages" / "package" / "mod.py"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    return path


def write(source: Path, tmp_path: Path, *replacements: SourcePatch) -> tuple[bool, Path, bytes]:
    target = tmp_path / "target" / "mod.py"
    complete = bytecode.write_module(source, target, base=source.parents[1], replacements=replacements)
    return complete, target, Path(importlib.util.cache_from_source(str(target))).read_bytes()


def run(folder: Path, code: str) -> str:
    command = [sys.executable, "-I", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def replacement(old: str, new: str) -> SourcePatch:
    return SourcePatch("package/mod.py", old, new, "a reason", "a file")


def test_a_prefix_for_bytecode_is_for_this_python_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    target = tmp_path / "target" / "mod.py"
    bytecode.write_module(source, target, base=source.parents[1], replacements=())
    assert [path.parent for path in tmp_path.rglob("*.pyc")] == [target.parent / "__pycache__"]


def test_the_target_can_be_imported_with_its_source(source: Path, tmp_path: Path) -> None:
    complete, target, _ = write(source, tmp_path)
    assert complete
    assert target.read_text() == TEXT
    assert run(target.parent, "import mod; print(mod.greet('x'), mod.WHERE)") == f"hello x {target}"
    assert "return f" in run(target.parent, "import mod; print(mod.own_source())")


def test_bytecode_is_never_checked_against_the_source(source: Path, tmp_path: Path) -> None:
    _, target, code = write(source, tmp_path)
    assert code[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(code[4:8], "little") == bytecode.UNCHECKED_HASH
    assert code[8:16] == importlib.util.source_hash(TEXT.encode())
    target.write_text("changed = 1")
    assert run(target.parent, "import mod; print(mod.greet())") == "hello you"


@pytest.mark.parametrize("installed", [None, "timestamp", "hash"])
def test_the_build_machine_s_folder_is_nowhere_in_it(
    source: Path, tmp_path: Path, installed: str | None
) -> None:
    if installed:
        mode = py_compile.PycInvalidationMode
        kind = mode.TIMESTAMP if installed == "timestamp" else mode.CHECKED_HASH
        py_compile.compile(str(source), doraise=True, invalidation_mode=kind)
    _, target, code = write(source, tmp_path)
    assert b"build-machine" not in code
    assert str(tmp_path).encode() not in code
    assert run(target.parent, "import mod; print(mod.WHERE)") == str(target)


def test_installed_bytecode_of_another_source_is_not_taken(source: Path, tmp_path: Path) -> None:
    py_compile.compile(
        str(source), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
    )
    source.write_text(TEXT.replace("hello", "welcome"))
    _, target, _ = write(source, tmp_path)
    assert run(target.parent, "import mod; print(mod.greet())") == "welcome you"


def test_assert_statements_and_docstrings_stay(source: Path, tmp_path: Path) -> None:
    _, target, _ = write(source, tmp_path)
    code = "import mod\ntry: mod.greet('')\nexcept AssertionError: print(mod.__doc__)"
    assert run(target.parent, f"exec({code!r})") == "Documentation."


def test_a_replacement_is_applied_to_source_and_bytecode(source: Path, tmp_path: Path) -> None:
    py_compile.compile(str(source), doraise=True)
    change = replacement('\n    return f"hello {name}"\n', '\n    return f"changed {name}"\n')
    complete, target, _ = write(source, tmp_path, change)
    assert complete
    assert "changed" in target.read_text()
    assert run(target.parent, "import mod; print(mod.greet())") == "changed you"
    assert source.read_text() == TEXT


@pytest.mark.promise("parity", "Patches keep line numbers, and one that does not apply is reported.")
def test_a_replacement_without_its_text_is_told(source: Path, tmp_path: Path) -> None:
    complete, target, _ = write(source, tmp_path, replacement("no such text", "new"))
    assert not complete
    assert target.read_text() == TEXT


def test_a_replacement_that_is_not_unique_is_told(source: Path, tmp_path: Path) -> None:
    assert not write(source, tmp_path, replacement("name", "word"))[0]


def test_files_that_are_no_modules_travel_without_bytecode(source: Path, tmp_path: Path) -> None:
    source.write_text("{{ template }} is no Python\n")
    target = tmp_path / "target" / "mod.py"
    assert bytecode.write_module(source, target, base=source.parents[1], replacements=())
    assert target.read_text() == "{{ template }} is no Python\n"
    assert not (target.parent / "__pycache__").exists()


def test_a_folder_with_too_short_a_path_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="is too short"):
        bytecode.write_module(source, tmp_path / "t.py", base=Path("/a"), replacements=())
