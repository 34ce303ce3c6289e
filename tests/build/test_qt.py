"""A program with a Qt window bundles Qt's plug-ins, but no unused parts of Qt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder

pytest.importorskip(
    "PySide6.QtWidgets", reason="PySide6 or a library that it needs is not installed", exc_type=ImportError
)

PHOTOS = Path(__file__).resolve().parents[2] / "assets" / "samples"


@pytest.mark.promise("build", "A Qt program finds its plug-ins; QML and Designer are bundled only on import.")
@pytest.mark.makes("qt_window", seconds=40)
def test_qt_window(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    command = ["--sample", str(PHOTOS / "coffee.png")]
    built = builder.program("qt_window", *command, mode="standalone")
    other = str(PHOTOS / "rocket.jpg")  # needs an image plug-in that no sample has loaded
    ours = built.run(other, QT_QPA_PLATFORM="offscreen")
    assert ours == builder.python("run_window.py", other, cwd=built.source)
    assert (ours.exit_code, ours.stdout.splitlines()[-1]) == (0, b"closed")
    assert b"offscreen 120 90 True" in ours.stdout
    files = json.loads((built.build / "manifest.json").read_bytes())["files"]
    inside = [file["path"].removeprefix("lib/packages/") for file in files]
    assert [path for path in inside if path.endswith("plugins/platforms/libqxcb.so")]
    assert not [path for path in inside if "/qml/" in path or "Qt6Quick" in path or "libgtk" in path]
    assert sum(file["size"] for file in files if "/PySide6/" in file["path"]) < 130e6  # of 250
