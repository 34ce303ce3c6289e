from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import pytest

from tf2exe.__main__ import main
from tf2exe.package.manifest import ListedFile, Manifest
from tf2exe.plan.plan_json import Exclusion, PlanDocument, PlannedData, PlannedFile, SystemLibrary
from tf2exe.report.sizes import KINDS, measure_sizes, summarize_rest

if TYPE_CHECKING:
    from pathlib import Path


def file(path: str, owner: str, size: int, kind: Literal["module", "stripped", "file"]) -> PlannedFile:
    return PlannedFile(path=path, owner=owner, size=size, kind=kind, reason="")


def excluded(owner: str, pattern: str, files: int, size: int, reason: str) -> Exclusion:
    return Exclusion(owner=owner, pattern=pattern, files=files, size=size, reason=reason, origin="")


PLAN = PlanDocument(
    modules=(),
    options=(),
    distributions=(),
    files=(
        file("lib/packages/a/m.py", "a", 10, "module"),
        file("lib/packages/a/x.so", "a", 900, "stripped"),
        file("lib/packages/a/y.txt", "a", 5, "file"),
        file("lib/python/os.py", "python", 20, "module"),
    ),
    excluded=(
        excluded("a", "a/tests/**", 3, 70, "Tests."),
        excluded("python", "test/**", 9, 500, "Python's own."),
    ),
    forwarders=(),
    local_symbols=(),
    preloaded=(),
    libraries=(SystemLibrary(name="libz.so.1", path="lib/libz.so.1", reason=""),),
    missing_libraries=(),
    data=(PlannedData(path="model.keras", source="", reason=""),),
    unused_optional=(),
    absent=(),
    patches=(),
    unneeded_requirements=(),
)
SIZES = {
    "run": 30,
    "__main__.so": 40,
    "model.keras": 1000,
    "lib/packages/a/m.py": 10,
    "lib/packages/a/__pycache__/m.cpython-311.pyc": 5,
    "lib/bytecode/packages.a.m": 7,
    "lib/packages/a/x.so": 600,
    "lib/packages/a/y.txt": 5,
    "lib/python/os.py": 20,
    "lib/libz.so.1": 90,
    "lib/tf2exe/tf2exe_start.py": 4,
}
MANIFEST = Manifest(
    models=None, files=tuple(ListedFile(path=path, size=size, sha256="") for path, size in SIZES.items())
)


@pytest.mark.promise("build", "`explain --size` assigns each byte of a build an owner and a kind.")
def test_every_byte_has_an_owner_and_a_kind() -> None:
    sizes = measure_sizes(PLAN, MANIFEST)
    assert sizes.size == sum(SIZES.values())
    assert sum(sizes.of_kind(kind) for kind in KINDS) == sizes.size
    found = {share.owner: share for share in sizes.shares}
    assert next(iter(found)) == "the program"
    assert found["a"].kinds == {"source": 10, "bytecode": 12, "native": 600, "data": 5}
    assert found["a"].saved == 70
    assert found["the program"].kinds == {"program": 70, "model": 1000, "source": 4}
    assert found["standard library"].kinds == {"source": 20}
    assert found["system libraries"].kinds == {"native": 90}


def test_what_was_saved() -> None:
    sizes = measure_sizes(PLAN, MANIFEST)
    assert (sizes.saved, sizes.stripped) == (570, 300)
    assert [saving.pattern for saving in sizes.savings] == ["test/**", "a/tests/**"]


def test_small_shares_together() -> None:
    sizes = measure_sizes(PLAN, MANIFEST)
    (rest,) = summarize_rest(sizes.shares[1:])
    assert rest.owner == "3 others"
    assert rest.size + sizes.shares[0].size == sizes.size
    assert summarize_rest(()) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    PLAN.write(tmp_path / "plan.json")
    MANIFEST.write(tmp_path / "manifest.json")
    html = tmp_path / "sizes.html"
    assert main(["explain", "--size", "--build-dir", str(tmp_path), "--html", str(html)]) == 0
    said = capsys.readouterr().out
    assert "the program" in said
    assert "a/tests/**: Tests." in said
    assert 'id="treemap"' in html.read_text()
    assert main(["explain", "--size", "--json", "--build-dir", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["stripped"] == 300
