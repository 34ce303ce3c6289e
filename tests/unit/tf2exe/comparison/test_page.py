from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf2exe.__main__ import main
from tf2exe.comparison.page import render_page
from tf2exe.comparison.treemap import SMALLEST_SHARE, squarified
from tf2exe.report.sizes import Saving, Share, Sizes

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.comparison.comparison_json import ComparisonDocument

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

SIZES = Sizes(
    (
        Share("tensorflow", {"native": 600_000_000, "bytecode": 30_000_000}, 3000, 268_000_000),
        Share("numpy", {"native": 40_000_000, "data": 2_000_000}, 500, 0),
        Share("the program", {"model": 19_000_000, "program": 3_000_000}, 4, 0),
        Share("empty", {}, 1, 0),
    ),
    (Saving("tensorflow", "tensorflow/include/**", 13_000, 268_000_000, "Headers: <only> for compiling."),),
    247_000_000,
)

LARGE_SIZES = Sizes(
    (
        Share(
            "tensorflow-cpu", {"native": 583_000_000, "bytecode": 41_000_000, "source": 9_000_000}, 3000, 1
        ),
        Share("standard library", {"native": 6_000_000, "bytecode": 11_000_000, "source": 9_000_000}, 694, 9),
        Share("the program", {"model": 19_000_000, "program": 3_000_000}, 4, 0),
        Share("ai-edge-litert", {"native": 14_300_000, "data": 100_000}, 35, 41_200_000),
        *(Share(f"a-package-with-a-long-name-{n}", {"bytecode": 900_000 // n}, n, 0) for n in range(1, 9)),
        Share("nearly empty", {"data": 3}, 1, 0),
    ),
    (
        Saving("tensorflow-cpu", "tensorflow/include/**", 13_000, 268_000_000, "Headers."),
        Saving("numpy", "numpy.libs/libscipy_openblas64_*", 1, 28_500_000, "28 MB of linear algebra."),
        Saving("ai-edge-litert", "ai_edge_litert/libLiteRtWebGpuAccelerator.*", 1, 18_900_000, "For GPUs."),
    ),
    247_000_000,
)

MEASURING = """
const page = frame.contentDocument, view = frame.contentWindow;
const boxes = [...page.querySelectorAll("#treemap > div")].map(box => box.getBoundingClientRect());
const map = page.querySelector("#treemap").getBoundingClientRect();
const name = element => `${element.tagName} ${element.className} ${element.textContent.trim().slice(0, 60)}`;
const outside = [], cut = [], broken = [];
for (const element of page.body.querySelectorAll("*")) {
  const place = element.getBoundingClientRect();
  if (!place.width || element.closest("script")) continue;
  if (place.left < 0 || place.right > view.innerWidth + 0.5) outside.push(name(element));
  const inside = element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight;
  if (!inside && view.getComputedStyle(element).overflow !== "visible" && element.id !== "treemap")
    cut.push(name(element));
}
const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  for (const word of walker.currentNode.data.matchAll(/[^\\s-]+/g)) {
    const range = page.createRange();
    range.setStart(walker.currentNode, word.index);
    range.setEnd(walker.currentNode, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map(line => line.top)).size > 1) broken.push(word[0]);
  }
}
document.body.insertAdjacentHTML("beforeend", "<pre id=measured></pre>");
document.querySelector("#measured").textContent = JSON.stringify({
  width: view.innerWidth,
  overflow: page.documentElement.scrollWidth - view.innerWidth,
  ground: view.getComputedStyle(page.body).backgroundColor,
  bars: [...page.querySelectorAll("#warm .fill")].map(bar => bar.getBoundingClientRect().width),
  parts: [...page.querySelectorAll("#warm .fill")].map(bar => bar.children.length),
  labels: [...page.querySelectorAll("#treemap span")].filter(label => label.offsetWidth).length,
  outside, cut, broken,
  covered: boxes.reduce((sum, box) => sum + box.width * box.height, 0) / (map.width * map.height),
  requests: view.performance.getEntriesByType("resource").length,
});
"""
"""Runs in a page with the measured page in a frame, because a window has at least 500 pixels."""


class Checker(HTMLParser):
    """Checks that every opened element is closed, and collects links."""

    EMPTY = frozenset(("meta", "br", "link", "wbr"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(value) for key, value in attrs if key in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.promise("comparison", "The page needs no network and is readable on a phone and in dark mode.")
def test_the_page_is_valid_and_needs_no_other_file(comparison: ComparisonDocument) -> None:
    text = render_page("classify <it>", comparison, SIZES)
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert checker.links == []
    assert "url(" not in text
    assert "@import" not in text
    assert "<it>" not in text
    assert len(text) < 100_000
    for expected in ("classify &lt;it&gt;", "PyInstaller onefile, tuned", "not finished after 60 minutes"):
        assert expected in text
    assert "Headers: &lt;only&gt; for compiling." in text


def test_each_part_can_be_left_out(comparison: ComparisonDocument) -> None:
    assert "treemap" not in render_page("x", comparison, None).partition("</style>")[2]
    assert "Warm start" not in render_page("x", None, SIZES)


def test_variants_without_phases_have_bars_of_one_colour(comparison: ComparisonDocument) -> None:
    without = {"phases": None}
    variants = [
        variant.model_copy(
            update={
                "cold": variant.cold and variant.cold.model_copy(update=without),
                "warm": variant.warm and variant.warm.model_copy(update=without),
            }
        )
        for variant in comparison.variants
    ]
    text = render_page("x", comparison.model_copy(update={"variants": tuple(variants)}), None)
    assert "var(--whole)" in text.partition("</style>")[2]
    assert "launcher and interpreter" not in text


def test_a_missing_package_is_reported_before_measuring(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.py").write_text("")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert main(["compare", "run.py", "--sample", ""]) == 3
    assert "pip install 'tf2exe[compare]'" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


@given(st.lists(st.integers(1, 10**9), max_size=40))
def test_areas_are_proportional_to_the_sizes(sizes: list[int]) -> None:
    sizes = sorted((size for size in sizes if size >= SMALLEST_SHARE * sum(sizes)), reverse=True)
    boxes = squarified(sizes, (0, 0, 100, 100))
    assert len(boxes) == len(sizes)
    for size, (x, y, width, height) in zip(sizes, boxes, strict=True):
        assert width * height == pytest.approx(10_000 * size / sum(sizes), rel=1e-6)
        assert -1e-6 <= x <= x + width <= 100 + 1e-6
        assert -1e-6 <= y <= y + height <= 100 + 1e-6


def render_in_browser(folder: Path, text: str, width: int, *, dark: bool = False) -> dict[str, Any]:
    """Measures the page in a browser, in a window of a given width."""
    frame = f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(text)}"></iframe>'
    script = f'const frame = document.querySelector("iframe");\nframe.onload = () => {{{MEASURING}}};'
    file = folder / "frame.html"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<body>{frame}<script>{script}</script></body>",
        encoding="utf-8",
    )
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    own = f"--user-data-dir={folder / 'profile'}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", own, *scheme]
    done = subprocess.run(
        [str(BROWSER), *options, "--window-size=1400,1200", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stdout[-500:]
    measured: dict[str, Any] = json.loads(html.unescape(found[1]))
    return measured


def require_browser() -> None:
    if BROWSER is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine")


@pytest.mark.promise("comparison", "The page needs no network and is readable on a phone and in dark mode.")
@pytest.mark.parametrize("width", [320, 400, 700, 1121, 1280])
def test_nothing_is_cut_off_and_no_word_is_broken(
    measured_comparison: ComparisonDocument, tmp_path: Path, width: int
) -> None:
    require_browser()
    text = render_page("image-classifier: compared with PyInstaller", measured_comparison, LARGE_SIZES)
    seen = render_in_browser(tmp_path, text, width)
    assert seen["width"] == width
    assert seen["overflow"] <= 0
    assert seen["outside"] == []
    assert seen["cut"] == []
    assert seen["broken"] == []
    assert seen["labels"] >= 2


@pytest.mark.promise("comparison", "The page needs no network and is readable on a phone and in dark mode.")
@pytest.mark.parametrize(("width", "dark"), [(400, False), (1280, True)])
def test_bars_and_boxes_in_a_browser(
    comparison: ComparisonDocument,
    tmp_path: Path,
    width: int,
    dark: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    require_browser()
    seen = render_in_browser(
        tmp_path,
        render_page("image-classifier: compared with PyInstaller", comparison, SIZES),
        width,
        dark=dark,
    )
    assert (seen["overflow"], seen["outside"], seen["cut"], seen["broken"]) == (0, [], [], [])
    assert seen["requests"] == 0
    assert seen["ground"] == ("rgb(18, 22, 29)" if dark else "rgb(255, 255, 255)")
    assert seen["parts"] == [4] * 6
    longest = max(seen["bars"])
    assert seen["bars"][-1] == pytest.approx(longest / 3, rel=0.02)  # tf2exe starts three times as fast here
    assert seen["covered"] == pytest.approx(1, abs=0.01)
