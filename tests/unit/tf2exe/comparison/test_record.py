from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from tf2exe.cli.compare import shown_command
from tf2exe.comparison import machine, tables
from tf2exe.comparison.charts import charts
from tf2exe.comparison.configurations import BASELINE, VARIANTS, all_variants, choose
from tf2exe.comparison.record import ratios
from tf2exe.system.host import wine_version

if TYPE_CHECKING:
    from tf2exe.comparison.record import Document


def test_the_document_is_versioned_json(comparison: Document) -> None:
    again = json.loads(json.dumps(comparison))
    assert again == comparison
    assert comparison["format"] == 2
    assert comparison["machine"]["processors"] > 0
    assert [row["key"] for row in comparison["variants"]] == [row.key for row in VARIANTS]
    onefile = comparison["variants"][-1]
    assert onefile["warm"]["prediction"] == {"median": 3.3, "low": 3.0, "high": 3.6, "runs": 2}
    assert onefile["warm"]["phases"]["imports"]["median"] == pytest.approx(2.2)
    assert onefile["parity"] == {"of": "samples", "cases": 1, "same": 1, "differences": []}


def test_the_command_is_shown_without_folders_of_the_machine() -> None:
    typed = (
        "tf2exe compare --corpus /home/me/corpus --config=/home/me/app/pyproject.toml "
        "--variant python 'a/b c'"
    )
    shown = "tf2exe compare --corpus corpus --config=pyproject.toml --variant python 'a/b c'"
    assert shown_command(typed) == shown


def test_ratios_say_what_is_reached(comparison: Document) -> None:
    found = {ratio["figure"].partition(" (")[0]: ratio for ratio in comparison["ratios"]}
    assert found["onefile build time"]["ratio"] == pytest.approx(0.3)
    assert found["onefile size"]["ratio"] == pytest.approx(0.5)
    assert found["warm start to first prediction"]["ratio"] == pytest.approx(1 / 3)
    assert all(found[name]["reached"] for name in ("onefile build time", "onefile size"))
    throughput = found["throughput, batch 1"]
    assert throughput["reached"] is (throughput["ours"] >= throughput["theirs"]) is True
    assert all(ratio["reached"] is None for ratio in ratios(comparison["variants"], {}))


def test_rates_are_compared_round_by_round(comparison: Document) -> None:
    ours, theirs = (
        next(row for row in comparison["variants"] if row["key"] == key)["loads"]["batch 1"]
        for key in ("tf2exe-onefile", BASELINE)
    )
    ours["rates"], theirs["rates"] = [9.0, 40.0, 20.2], [10.0, 41.0, 20.0]
    (throughput,) = (one for one in ratios(comparison["variants"], {"rate": 1.0}) if one["kind"] == "rate")
    assert (throughput["low"], throughput["ratio"]) == pytest.approx((0.9, 40 / 41))
    assert tables.ratio_cells(throughput)[3:] == [
        "0.98 (0.90-1.01)",
        "1.00 or more",
        "missed within the spread",
    ]
    (throughput,) = (one for one in ratios(comparison["variants"], {"rate": 1.1}) if one["kind"] == "rate")
    assert tables.ratio_cells(throughput)[-1] == "missed"


def test_no_ratios_without_both_sides(comparison: Document) -> None:
    rows = [row for row in comparison["variants"] if row["key"] != BASELINE]
    assert ratios(rows, {}) == []
    comparison["variants"][-1]["problem"] = "failed"
    assert ratios(comparison["variants"], {}) == []


def test_markdown(comparison: Document) -> None:
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


def test_no_word_is_cut_off_on_a_terminal(measured_comparison: Document) -> None:
    console = Console(file=io.StringIO(), width=80)
    for table in tables.terminal(measured_comparison):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "…" not in text
    assert {"PyInstaller", "verification)", "(11.35-11.35)"} <= set(text.split())


def test_the_short_table_has_what_people_decide_by(comparison: Document) -> None:
    head = tables.short_markdown(comparison).splitlines()[0]
    assert head == "|  | build | size | matches Python | cold start | warm start | batch 1, images/s |"


def test_the_corpus_stands_beside_the_ratios(comparison: Document) -> None:
    for row in comparison["variants"]:
        row["parity"] = {"of": "corpus", "cases": 976, "same": 976, "differences": []}
    *_, cases = ratios(comparison["variants"], {})
    assert tables.ratio_cells(cases)[1:] == ["0 of 976", "0 of 976", "-", "none", "reached"]
    comparison["variants"][-1]["parity"]["same"] = 975
    assert tables.ratio_cells(ratios(comparison["variants"], {})[-1])[1] == "1 of 976"
    assert not ratios(comparison["variants"], {})[-1]["reached"]


@pytest.mark.promise("windows", "Figures measured under Wine are marked and not held to a ratio.")
def test_seconds_under_wine_are_marked_and_held_against_nothing(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(machine, "wine_version", lambda: "10.0")
    found = request.getfixturevalue("comparison")
    assert found["machine"]["wine"] == "10.0"
    assert {ratio["reached"] for ratio in found["ratios"]} == {None}
    lines = tables.markdown(found).splitlines()
    assert lines[0] == (
        "|  | build under Wine | size | download | files | matches Python | cold start under Wine "
        "| warm start under Wine | batch 1, images/s under Wine |"
    )
    assert "under Wine 10.0 on Linux" in lines[-1]
    assert "seconds are those of Wine" in lines[-1]
    assert tables.short_markdown(found).splitlines()[0].count("under Wine") == 4
    titles = [chart.title for chart in charts(found)]
    assert [title for title in titles if "under Wine" in title] == [
        "Warm start under Wine",
        "Cold start under Wine",
        "Throughput, batch 1 under Wine",
        "Build time under Wine",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Wine is asked there")
def test_this_machine_is_no_wine() -> None:
    assert machine.machine()["wine"] == wine_version() == ""


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nuitka" not in {row.key for row in choose([], nuitka=False)}
    assert "nuitka" in {row.key for row in choose([], nuitka=True)}
    assert [row.key for row in choose(["python"], nuitka=False)] == ["python"]
    with pytest.raises(KeyError):
        choose(["pyton"], nuitka=False)
    fields: dict[str, Any] = {"runtime": None}
    monkeypatch.setattr("tf2exe.config.settings.Settings.model_fields", fields, raising=False)
    assert [(row.kind, row.mode) for row in all_variants() if row.runtime == "litert"] == [
        ("python", None),
        ("tf2exe", "standalone"),
        ("tf2exe", "onefile"),
    ]
    assert {**VARIANTS[-1].settings({"name": "x"})} == {"name": "x", "mode": "onefile"}
