from __future__ import annotations

from typing import get_args

import pytest

from tf2exe.comparison.configurations import all_variants
from tf2exe.config import settings
from tf2exe.convert.runtimes import RUNTIMES, converter
from tf2exe.knowledge import runtimes
from tf2exe.knowledge.data import data_folder


def test_every_runtime_is_known_everywhere() -> None:
    files = {path.stem for path in (data_folder() / "runtimes").glob("*.toml")}
    assert set(get_args(settings.Runtime)) == set(RUNTIMES) == files
    assert {row.runtime for row in all_variants()} == {
        "",
        *(name for name, module in RUNTIMES.items() if module),
    }


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_runtime_has_its_facts_and_its_converter(runtime: str) -> None:
    found, module = runtimes.read_rules(runtime), converter(runtime)
    assert (module is None) == (not found.precisions)
    if module is not None:
        assert {precision.name for precision in found.precisions} <= set(get_args(settings.Precision))
        assert module.models(()) == ()
