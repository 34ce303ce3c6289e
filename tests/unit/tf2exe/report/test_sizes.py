from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.__main__ import main
from tf2exe.report.sizes import KINDS, others, weigh

if TYPE_CHECKING:
    from pathlib import Path


PLAN: dict[str, Any] = {
    "files": [
        {"path": "lib/packages/a/m.py", "from": "a", "size": 10, "how": "module"},
        {"path": "lib/packages/a/x.so", "from": "a", "size": 900, "how": "stripped"},
        {"path": "lib/packages/a/y.txt", "from": "a", "size": 5, "how": "file"},
        {"path": "lib/python/os.py", "from": "python", "size": 20, "how": "module"},
    ],
    "data": [{"path": "model.keras"}],
    "libraries": [{"name": "libz.so.1", "path": "lib/libz.so.1"}],
    "left_out": [
        {"owner": "a", "pattern": "a/tests/**", "files": 3, "size": 70, "reason": "Tests."},
        {"owner": "python", "pattern": "test/**", "files": 9, "size": 500, "reason": "Python's own."},
    ],
}
MANIFEST: dict[str, Any] = {
    "files": [
        {"path": "run", "size": 30},
        {"path": "__main__.so", "size": 40},
        {"path": "model.keras", "size": 1000},
        {"path": "lib/packages/a/m.py", "size": 10},
        {"path": "lib/packages/a/__pycache__/m.cpython-311.pyc", "size": 5},
        {"path": "lib/bytecode/packages.a.m", "size": 7},
        {"path": "lib/packages/a/x.so", "size": 600},
        {"path": "lib/packages/a/y.txt", "size": 5},
        {"path": "lib/python/os.py", "size": 20},
        {"path": "lib/libz.so.1", "size": 90},
        {"path": "lib/tf2exe/tf2exe_start.py", "size": 4},
    ]
}


@pytest.mark.promise("build", "`explain --size` assigns each byte of a build an owner and a kind.")
def test_every_byte_has_an_owner_and_a_kind() -> None:
    sizes = weigh(PLAN, MANIFEST)
    assert sizes.size == sum(file["size"] for file in MANIFEST["files"])
    assert sum(sizes.of_kind(kind) for kind in KINDS) == sizes.size
    found = {share.owner: share for share in sizes.shares}
    assert next(iter(found)) == "the program"
    assert found["a"].kinds == {"source": 10, "bytecode": 12, "native": 600, "data": 5}
    assert found["a"].saved == 70
    assert found["the program"].kinds == {"program": 70, "model": 1000, "source": 4}
    assert found["standard library"].kinds == {"source": 20}
    assert found["system libraries"].kinds == {"native": 90}


def test_what_was_saved() -> None:
    sizes = weigh(PLAN, MANIFEST)
    assert (sizes.saved, sizes.stripped) == (570, 300)
    assert [saving.pattern for saving in sizes.savings] == ["test/**", "a/tests/**"]


def test_small_shares_together() -> None:
    sizes = weigh(PLAN, MANIFEST)
    (rest,) = others(sizes.shares[1:])
    assert rest.owner == "3 others"
    assert rest.size + sizes.shares[0].size == sizes.size
    assert others(()) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    html = tmp_path / "sizes.html"
    assert main(["explain", "--size", "--build-dir", str(tmp_path), "--html", str(html)]) == 0
    said = capsys.readouterr().out
    assert "the program" in said
    assert "a/tests/**: Tests." in said
    assert 'id="treemap"' in html.read_text()
    assert main(["explain", "--size", "--json", "--build-dir", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["stripped"] == 300
