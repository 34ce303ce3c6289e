from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from tf2exe.cli.compare import shown_command
from tf2exe.comparison import machine, tables
from tf2exe.comparison.charts import make_charts
from tf2exe.comparison.comparison_json import ComparisonDocument, Parity, Ratio, Spread
from tf2exe.comparison.configurations import BASELINE, VARIANTS, all_variants, select_variants
from tf2exe.comparison.record import OURS, compute_ratios
from tf2exe.system.host import wine_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.comparison.comparison_json import VariantFigures


def replaced(
    document: ComparisonDocument, key: str, change: Callable[[VariantFigures], VariantFigures]
) -> list[VariantFigures]:
    """The variants, one of them changed."""
    return [change(variant) if variant.key == key else variant for variant in document.variants]


def test_the_document_is_read_back_as_it_was(comparison: ComparisonDocument, tmp_path: Path) -> None:
    comparison.write(tmp_path / "comparison.json")
    assert ComparisonDocument.read(tmp_path / "comparison.json") == comparison
    assert comparison.format == 2
    assert comparison.machine.processors
    assert [variant.key for variant in comparison.variants] == [variant.key for variant in VARIANTS]
    onefile = comparison.variants[-1]
    assert onefile.warm
    assert onefile.warm.phases
    assert onefile.warm.prediction == Spread(median=3.3, low=3.0, high=3.6, runs=2)
    assert onefile.warm.phases["imports"].median == pytest.approx(2.2)
    assert onefile.parity == Parity(of="samples", cases=1, same=1, differences=())


def test_the_command_is_shown_without_folders() -> None:
    typed = (
        "tf2exe compare --corpus /home/me/corpus --config=/home/me/app/pyproject.toml "
        "--variant python 'a/b c'"
    )
    shown = "tf2exe compare --corpus corpus --config=pyproject.toml --variant python 'a/b c'"
    assert shown_command(typed) == shown


def test_ratios_tell_whether_targets_are_reached(comparison: ComparisonDocument) -> None:
    found = {ratio.figure.partition(" (")[0]: ratio for ratio in comparison.ratios}
    assert found["onefile build time"].ratio == pytest.approx(0.3)
    assert found["onefile size"].ratio == pytest.approx(0.5)
    assert found["warm start to first prediction"].ratio == pytest.approx(1 / 3)
    assert all(found[name].reached for name in ("onefile build time", "onefile size"))
    throughput = found["throughput, batch 1"]
    assert isinstance(throughput, Ratio)
    assert throughput.reached is (throughput.ours >= throughput.theirs) is True
    assert all(ratio.reached is None for ratio in compute_ratios(comparison.variants, {}))


def test_rates_are_compared_round_by_round(comparison: ComparisonDocument) -> None:
    rates = {"tf2exe-onefile": (9.0, 40.0, 20.2), BASELINE: (10.0, 41.0, 20.0)}
    variants = [
        variant.model_copy(
            update={
                "loads": {
                    name: load.model_copy(update={"rates": rates.get(variant.key, load.rates)})
                    for name, load in variant.loads.items()
                }
            }
        )
        for variant in comparison.variants
    ]
    (throughput,) = (ratio for ratio in compute_ratios(variants, {"rate": 1.0}) if ratio.kind == "rate")
    assert (throughput.low, throughput.ratio) == pytest.approx((0.9, 40 / 41))
    assert tables.ratio_cells(throughput)[3:] == [
        "0.98 (0.90-1.01)",
        "1.00 or more",
        "missed within the spread",
    ]
    (throughput,) = (ratio for ratio in compute_ratios(variants, {"rate": 1.1}) if ratio.kind == "rate")
    assert tables.ratio_cells(throughput)[-1] == "missed"


def test_no_ratios_without_both_onefiles(comparison: ComparisonDocument) -> None:
    assert compute_ratios([v for v in comparison.variants if v.key != BASELINE], {}) == ()
    failed = replaced(comparison, OURS, lambda variant: variant.model_copy(update={"problem": "failed"}))
    assert compute_ratios(failed, {}) == ()


def test_markdown_tables(comparison: ComparisonDocument) -> None:
    text = tables.markdown(comparison)
    lines = text.splitlines()
    widths = {line.count("|") for line in lines if line.startswith("|") and "tf2exe onefile" in line}
    assert lines[0].startswith("|  | build | size | download |")
    assert lines[0].count("|") in widths
    assert "| PyInstaller onefile, tuned | 100 s | 200 MB |" in text
    assert "3.30 s (3.00-3.60)" in text
    assert "not finished after 60 minutes" in text
    assert "| onefile size | 100 MB | 200 MB | 0.50 | 0.60 or less | reached |" in text
    assert "`tf2exe compare`" in lines[-1]


def test_no_word_is_cut_off_in_80_columns(measured_comparison: ComparisonDocument) -> None:
    console = Console(file=io.StringIO(), width=80)
    for table in tables.terminal_tables(measured_comparison):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "…" not in text
    assert {"PyInstaller", "verification)", "(11.35-11.35)"} <= set(text.split())


def test_the_short_table_has_the_most_important_columns(comparison: ComparisonDocument) -> None:
    head = tables.short_markdown(comparison).splitlines()[0]
    assert head == "|  | build | size | matches Python | cold start | warm start | batch 1, images/s |"


def test_differing_cases_follow_the_ratios(comparison: ComparisonDocument) -> None:
    def with_cases(same: int) -> list[VariantFigures]:
        parity = Parity(of="corpus", cases=976, same=976, differences=())
        variants = [variant.model_copy(update={"parity": parity}) for variant in comparison.variants]
        ours = parity.model_copy(update={"same": same})
        return [*variants[:-1], variants[-1].model_copy(update={"parity": ours})]

    *_, cases = compute_ratios(with_cases(976), {})
    assert tables.ratio_cells(cases)[1:] == ["0 of 976", "0 of 976", "-", "none", "reached"]
    *_, cases = compute_ratios(with_cases(975), {})
    assert tables.ratio_cells(cases)[1] == "1 of 976"
    assert not cases.reached


@pytest.mark.promise("windows", "Figures measured under Wine are marked and not held to a ratio.")
def test_times_under_wine_are_marked_and_have_no_targets(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(machine, "wine_version", lambda: "10.0")
    found = request.getfixturevalue("comparison")
    assert found.machine.wine == "10.0"
    assert {ratio.reached for ratio in found.ratios} == {None}
    lines = tables.markdown(found).splitlines()
    assert lines[0] == (
        "|  | build under Wine | size | download | files | matches Python | cold start under Wine "
        "| warm start under Wine | batch 1, images/s under Wine |"
    )
    assert "under Wine 10.0 on Linux" in lines[-1]
    assert "seconds are those of Wine" in lines[-1]
    assert tables.short_markdown(found).splitlines()[0].count("under Wine") == 4
    titles = [chart.title for chart in make_charts(found)]
    assert [title for title in titles if "under Wine" in title] == [
        "Warm start under Wine",
        "Cold start under Wine",
        "Throughput, batch 1 under Wine",
        "Build time under Wine",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="it may be Wine there")
def test_this_machine_is_not_wine() -> None:
    assert machine.describe_machine().wine == wine_version() == ""


def test_selecting_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nuitka" not in {row.key for row in select_variants([], nuitka=False)}
    assert "nuitka" in {row.key for row in select_variants([], nuitka=True)}
    assert [row.key for row in select_variants(["python"], nuitka=False)] == ["python"]
    with pytest.raises(KeyError):
        select_variants(["pyton"], nuitka=False)
    fields: dict[str, Any] = {"runtime": None}
    monkeypatch.setattr("tf2exe.config.settings.Settings.model_fields", fields, raising=False)
    assert [(row.kind, row.mode) for row in all_variants() if row.runtime == "litert"] == [
        ("python", None),
        ("tf2exe", "standalone"),
        ("tf2exe", "onefile"),
    ]
    assert {**VARIANTS[-1].settings({"name": "x"})} == {"name": "x", "mode": "onefile"}
