from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.analysis.evidence import Evidence
from tf2exe.config.target import WINDOWS, Target
from tf2exe.plan import preloads
from tf2exe.plan.bundled_files import BundledFile

if TYPE_CHECKING:
    from pathlib import Path


NATIVE = "PIL/_imaging.cpython-311-x86_64-linux-gnu.so"

LINUX = Target("linux-x86_64")


def files(folder: Path, *destinations: str) -> tuple[BundledFile, ...]:
    return tuple(BundledFile(folder / one, one, "thing", "file", 1, "") for one in destinations)


def test_a_module_that_a_sample_loaded_is_preloaded_on_linux(tmp_path: Path) -> None:
    bundled = files(tmp_path, f"lib/packages/{NATIVE}", "lib/packages/PIL/Image.py")
    assert preloads.select(bundled, Evidence(), LINUX) == ()
    loaded = Evidence(files=frozenset({str(tmp_path / "lib/packages" / NATIVE)}))
    assert preloads.select(bundled, loaded, Target(WINDOWS)) == ()
    selected = preloads.select(bundled, loaded, LINUX)
    assert [preload.destination for preload in selected] == [f"lib/packages/{NATIVE}"]
    (tmp_path / "lib").mkdir(exist_ok=True)
    preloads.write_list(tmp_path, selected)
    assert (tmp_path / layout.PRELOAD_LIST).read_text() == f"lib/packages/{NATIVE}\n"


def test_without_preloads_no_list_is_written(tmp_path: Path) -> None:
    preloads.write_list(tmp_path, ())
    assert list(tmp_path.iterdir()) == []
