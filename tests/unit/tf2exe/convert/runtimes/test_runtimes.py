from __future__ import annotations

from typing import get_args

import pytest

from tf2exe.comparison.configurations import all_variants
from tf2exe.config import settings
from tf2exe.convert.runtimes import RUNTIMES, find_converter
from tf2exe.knowledge import runtimes
from tf2exe.knowledge.data import data_folder


def test_every_runtime_is_in_all_tables() -> None:
    files = {path.stem for path in (data_folder() / "runtimes").glob("*.toml")}
    assert set(get_args(settings.Runtime)) == set(RUNTIMES) == files
    assert {row.runtime for row in all_variants()} == {
        "",
        *(name for name, module in RUNTIMES.items() if module),
    }


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_runtime_has_precisions_if_it_has_a_converter(runtime: str) -> None:
    rules, module = runtimes.read_rules(runtime), find_converter(runtime)
    assert (module is None) == (not rules.precisions)
    if module is not None:
        assert {precision.name for precision in rules.precisions} <= set(get_args(settings.Precision))
        assert module.find_models(()) == ()


def test_the_precisions_of_litert() -> None:
    assert {p.name for p in runtimes.read_rules("litert").precisions} == {
        "float32",
        "float16",
        "dynamic",
        "int8",
    }
