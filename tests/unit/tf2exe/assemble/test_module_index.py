from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import layout
from tf2exe.assemble import bytecode_archive, module_index
from tf2exe.assemble.module_index import ARCHIVE, ENTRY, HEADER, ModuleKind, find_modules
from tf2exe.plan import bundled_files

if TYPE_CHECKING:
    from collections.abc import Iterable

NATIVE = EXTENSION_SUFFIXES[0]
STANDARD = Path(sys.modules["os"].__file__ or "").parent


def found(*paths: str) -> dict[str, str]:
    return {name: module.path for name, module in find_modules(paths).items()}


def test_names_and_folders() -> None:
    paths = [
        "lib/packages/a/__init__.py",
        "lib/packages/a/b.py",
        f"lib/packages/a/c/d{NATIVE}",
        "lib/python/e.py",
    ]
    assert {(m.name, m.kind, m.folder) for m in find_modules(paths).values()} == {
        ("a", ModuleKind.PACKAGE, "lib/packages"),
        ("a.b", ModuleKind.MODULE, "lib/packages/a"),
        ("a.c.d", ModuleKind.NATIVE, "lib/packages/a/c"),
        ("e", ModuleKind.MODULE, "lib/python"),
    }


@pytest.mark.parametrize(
    "paths",
    [
        ("lib/packages/a/__init__.py", "lib/packages/a.py"),
        (f"lib/packages/a{NATIVE}", "lib/packages/a.py"),
        ("lib/packages/a/__init__.py", f"lib/packages/a{NATIVE}"),
        ("lib/python/a.py", "lib/packages/a/__init__.py"),
        (f"lib/python/lib-dynload/a{NATIVE}", f"lib/packages/a{NATIVE}"),
    ],
)
def test_of_two_with_one_name_the_first_is_taken(paths: tuple[str, str]) -> None:
    assert found(*paths) == found(*reversed(paths)) == {"a": paths[0]}


@pytest.mark.parametrize(
    "path",
    [
        "lib/packages/a/py.typed",
        "lib/packages/a-b/c.py",
        "lib/packages/a.libs/libz.so.1",
        f"lib/packages/a/__init__{NATIVE}",
        "lib/libz.so.1",
        "assets/a.py",
        "lib/packages/__init__.py",
    ],
)
def test_what_no_import_names_is_left_to_python(path: str) -> None:
    assert not found(path)


@pytest.mark.promise("parity", "Modules are found as in Python: files, loaders, resources, `sys.path`.")
def test_python_finds_the_same_files_of_its_own_library() -> None:
    """All modules of the standard library, found by both."""
    files = [path for path in bundled_files._members(STANDARD) if not path.startswith(("test/", "idlelib/"))]  # noqa: SLF001
    ours = find_modules(f"{layout.PYTHON}/{path}" for path in files)
    compared = 0
    for module in ours.values():
        if "." in module.name and module.name.rpartition(".")[0] not in ours:
            continue  # a folder that is no package
        inside = module.folder.removeprefix(layout.PYTHON).strip("/")
        spec = PathFinder.find_spec(module.name, [str(STANDARD / inside)])
        assert spec is not None, module
        assert spec.origin == str(STANDARD / module.path.removeprefix(f"{layout.PYTHON}/")), module
        assert (spec.submodule_search_locations is not None) == (module.kind == ModuleKind.PACKAGE)
        compared += 1
    assert compared > 500


def entries(content: bytes) -> Iterable[tuple[bytes, bytes, bytes, int]]:
    for number in range(HEADER.unpack_from(content)[1]):
        name, path, _, _, name_size, path_size, folder_size, kind, _ = ENTRY.unpack_from(
            content, HEADER.size + number * ENTRY.size
        )
        place = content[path : path + path_size]
        yield content[name : name + name_size], place, place[:folder_size], kind


def code(folder: Path) -> dict[bytes, bytes]:
    """The bytes that the table names as the code of each module."""
    content = (folder / layout.MODULE_INDEX).read_bytes()
    _, count, _, magic = HEADER.unpack_from(content)
    assert magic == MAGIC_NUMBER
    result = {}
    for number in range(count):
        name, _, place, size, name_size, *_, bundle = ENTRY.unpack_from(
            content, HEADER.size + number * ENTRY.size
        )
        if size:
            path, path_size, bundle_size = ARCHIVE.unpack_from(
                content, HEADER.size + count * ENTRY.size + bundle * ARCHIVE.size
            )
            stored = (folder / content[path : path + path_size].decode()).read_bytes()
            assert len(stored) == bundle_size
            result[content[name : name + name_size]] = stored[place : place + size]
    return result


def test_the_file(tmp_path: Path) -> None:
    paths = ["lib/packages/b/ü.py", "lib/packages/b/__init__.py", "lib/python/a.py", "x.py"]
    module_index.write_index(tmp_path, find_modules(paths), {})
    content = (tmp_path / layout.MODULE_INDEX).read_bytes()
    assert content.startswith(module_index.MAGIC)
    assert list(entries(content)) == [
        (b"a", b"lib/python/a.py", b"lib/python", ModuleKind.MODULE),
        (b"b", b"lib/packages/b/__init__.py", b"lib/packages", ModuleKind.PACKAGE),
        ("b.ü".encode(), "lib/packages/b/ü.py".encode(), b"lib/packages/b", ModuleKind.MODULE),
    ]


def test_the_table_names_the_code_of_each_module(tmp_path: Path) -> None:
    paths = [f"lib/packages/{name}.py" for name in ("a", "b/__init__", "b/c", "d")]
    bytecode = {path: bytes(16) + path.encode() * 3 for path in paths[:3]}
    stored = bytecode_archive.write_archives(tmp_path, bytecode, dict.fromkeys(paths, "x"))
    module_index.write_index(tmp_path, find_modules(paths), stored)
    assert code(tmp_path) == {
        b"a": b"lib/packages/a.py" * 3,
        b"b": b"lib/packages/b/__init__.py" * 3,
        b"b.c": b"lib/packages/b/c.py" * 3,
    }
