from __future__ import annotations

import json
import tkinter as tk
from pathlib import Path

import numpy as np
import pytest

from tf2exe.import_spec.packages import Packages


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("own", "own"),
        ("own.late", "own"),
        ("run", "own"),
        ("own.gone", ""),
        ("json.decoder", "standard"),
        ("tkinter.ttk", "optional"),
        ("numpy.linalg", "installed"),
        ("nowhere_at_all", ""),
    ],
)
def test_the_kind_of_a_module(program: Path, name: str, kind: str) -> None:
    assert Packages([program]).kind(name) == kind


def test_the_owner_of_a_file(program: Path) -> None:
    packages = Packages([program])
    assert packages.owner_of(program / "run.py") is None
    assert packages.owner_of(Path(np.__file__)) == "numpy"
    assert packages.owner_of(Path(json.__file__)) == packages.owner_of(Path(tk.__file__)) == ""
    assert packages.owner_of(Path(np.__file__).parents[1] / "of_nobody.txt") is None
