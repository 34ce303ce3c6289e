from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tf2exe.assemble import layer, layer_record
from tf2exe.compile.compilers import Toolchain
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.package_rules import PackageRules
from tf2exe.knowledge.rules import SourcePatch
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.stage import BuildPlan

if TYPE_CHECKING:
    from pathlib import Path

TOOLCHAIN = Toolchain("none", ("false",), (), (), (), "")


def lay_out(source: Path, layers: Path) -> layer_record.Layer:
    source.mkdir(exist_ok=True)
    carried = []
    for name in "abcdef":
        if not (source / name).exists():
            (source / name).write_text(name)
        carried.append(BundledFile(source / name, f"lib/{name}.txt", "thing", "file", 1, ""))
    return make(*carried, layers=layers)


def make(*carried: BundledFile, layers: Path) -> layer_record.Layer:
    plan = BuildPlan((), (), (), carried, *((),) * 8, ())
    log = layers.parent / "log"
    return layer.prepare_layer(
        plan, layers, TOOLCHAIN, debug=False, jobs=2, log=log, on_progress=lambda *_: None
    )


def test_a_layer_is_used_again_until_a_carried_file_changes(tmp_path: Path) -> None:
    first, second = (lay_out(tmp_path / "source", tmp_path / "layers") for _ in range(2))
    assert (first.reused, second.reused) == (False, True)
    assert first.folder == second.folder
    (tmp_path / "source" / "a").write_text("changed")
    third = lay_out(tmp_path / "source", tmp_path / "layers")
    assert not third.reused
    assert (third.folder / "lib" / "a.txt").read_text() == "changed"


@pytest.mark.promise("parity", "Patches keep line numbers, and one that does not apply is reported.")
def test_a_file_that_should_be_changed_and_is_not_there_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a package that is bundled; not of one that is left out."""
    names = ("package/known.py", "package/renamed_since.py", "left_out/mod.py")
    changes = tuple(SourcePatch(name, "x = 1", "x = 2", "a reason", "a file") for name in names)
    package = PackageRules(("thing",), (), (), (), (), changes, None, ())
    monkeypatch.setattr(package_rules, "read_all", lambda: (package,))
    source = tmp_path / "site-packages" / "package" / "known.py"
    source.parent.mkdir(parents=True)
    source.write_text("x = 1\n")
    carried = BundledFile(source, f"lib/packages/{names[0]}", "thing", "module", 1, "")
    made = make(carried, layers=tmp_path / "layers")
    assert made.unmatched == (f"lib/packages/{names[1]}",)
    assert (made.folder / carried.destination).read_text() == "x = 2\n"


def test_of_builds_at_the_same_time_one_makes_the_layer(tmp_path: Path) -> None:
    lay_out(tmp_path / "source", tmp_path / "others")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: lay_out(tmp_path / "source", tmp_path / "layers"), range(4)))
    assert sorted(laid_out.reused for laid_out in made) == [False, True, True, True]
    assert len({laid_out.folder for laid_out in made}) == 1
    assert len(list((made[0].folder / "lib").glob("*.txt"))) == 6


def test_old_layers_go_but_none_that_another_build_may_use(tmp_path: Path) -> None:
    layers = tmp_path / "layers"
    folders = [lay_out(tmp_path / f"source-{number}", layers).folder for number in range(6)]
    assert all(folder.is_dir() for folder in folders)
    long_ago = time.time() - 2 * layer.MIN_AGE_SECONDS
    for number, folder in enumerate(folders):
        os.utime(folder / layer_record.RECORD_NAME, (long_ago + number, long_ago + number))
    newest = lay_out(tmp_path / "another", layers).folder
    assert {path for path in layers.iterdir() if path.is_dir()} == {newest, *folders[-2:]}
