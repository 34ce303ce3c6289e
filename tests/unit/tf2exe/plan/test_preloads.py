from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe import layout
from tf2exe.plan import preloads
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.trace.footprint import Footprint

if TYPE_CHECKING:
    from pathlib import Path

NATIVE = "PIL/_imaging.cpython-311-x86_64-linux-gnu.so"


def carried(folder: Path, *destinations: str) -> tuple[BundledFile, ...]:
    return tuple(BundledFile(folder / one, one, "thing", "file", 1, "") for one in destinations)


def loaded(*files: str) -> Footprint:
    return Footprint((), (), (), (), files, ())


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is preloaded there")
def test_what_a_sample_loaded_is_preloaded(tmp_path: Path) -> None:
    files = carried(tmp_path, f"lib/packages/{NATIVE}", "lib/packages/PIL/Image.py")
    assert preloads.select(files, loaded()) == ()
    chosen = preloads.select(files, loaded(str(tmp_path / "lib/packages" / NATIVE)))
    assert [one.destination for one in chosen] == [f"lib/packages/{NATIVE}"]
    (tmp_path / "lib").mkdir(exist_ok=True)
    preloads.write_list(tmp_path, chosen)
    assert (tmp_path / layout.PRELOAD).read_text() == f"lib/packages/{NATIVE}\n"


def test_an_empty_list_is_not_written(tmp_path: Path) -> None:
    preloads.write_list(tmp_path, ())
    assert list(tmp_path.iterdir()) == []
