from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tf2exe.baseline import build
from tf2exe.baseline.build import build_baseline, select_variant
from tf2exe.baseline.spec import VARIANTS
from tf2exe.config.request import Request
from tf2exe.system.progress import SilentListener


def test_a_variant_is_selected_by_its_properties() -> None:
    for variant in VARIANTS:
        assert select_variant(onefile=variant.mode == "onefile", tuned=variant.tuned) == variant


@pytest.mark.parametrize("check", [True, False])
def test_the_record_describes_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, check: bool
) -> None:
    """PyInstaller has a substitute, whose onefile prints what Python prints."""
    (tmp_path / "run.py").write_text("print('hello')\n", encoding="utf-8")

    def run(_spec: Path, folder: Path, *_: Any) -> Path:  # noqa: ANN401
        program = folder / "dist" / "run"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho hello\n", encoding="utf-8")
        program.chmod(0o755)
        return program

    monkeypatch.setattr(build, "run_pyinstaller", run)
    given = {"entry": "run.py", "mode": "onefile", "samples": [""]}
    request = Request(config=None, given=given, folder=tmp_path, check=check)
    baseline = build_baseline(request, SilentListener(), tuned=True)
    record = json.loads(baseline.record.read_text(encoding="utf-8"))
    assert (record["variant"], record["mode"], record["tuned"]) == ("tuned-onefile", "onefile", True)
    assert (record["files"], record["size"]) == (1, baseline.program.stat().st_size)
    assert list(record["seconds"]) == list(build.STAGES)
    assert [case["same"] for case in record["parity"]] == ([True] if check else [])
    assert "Analysis(" in Path(record["spec"]).read_text(encoding="utf-8")
    assert [module.name for module in baseline.modules] == ["__main__"]
