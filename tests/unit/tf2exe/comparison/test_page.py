from __future__ import annotations

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
from tf2exe.comparison.page import page
from tf2exe.comparison.treemap import Box, squarify
from tf2exe.sizes import Saving, Share, Sizes

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.comparison.record import Document

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

MEASURING = """
<script>
const boxes = [...document.querySelectorAll("#treemap div")].map(box => box.getBoundingClientRect());
const map = document.querySelector("#treemap").getBoundingClientRect();
document.body.insertAdjacentHTML("beforeend", "<pre id=measured>" + JSON.stringify({
  width: innerWidth,
  overflow: document.documentElement.scrollWidth - innerWidth,
  ground: getComputedStyle(document.body).backgroundColor,
  bars: [...document.querySelectorAll("#later .fill")].map(bar => bar.getBoundingClientRect().width),
  parts: [...document.querySelectorAll("#later .fill")].map(bar => bar.children.length),
  cut: [...document.querySelectorAll(".value")].filter(
    value => value.getBoundingClientRect().right > innerWidth).length,
  covered: boxes.reduce((sum, box) => sum + box.width * box.height, 0) / (map.width * map.height),
  requests: performance.getEntriesByType("resource").length,
}) + "</pre>");
</script>
"""


class Checker(HTMLParser):
    """Every element that is opened is closed."""

    EMPTY = frozenset(("meta", "br", "link"))

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
def test_the_page_is_whole_and_needs_nothing_else(comparison: Document) -> None:
    text = page("classify <it>", comparison, SIZES)
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


def test_either_part_alone(comparison: Document) -> None:
    assert "treemap" not in page("x", comparison, None).partition("</style>")[2]
    assert "Later starts" not in page("x", None, SIZES)


def test_rows_without_marks_have_bars_of_one_colour(comparison: Document) -> None:
    for row in comparison["rows"]:
        for key in ("first", "later"):
            if row.get(key):
                row[key]["phases"] = None
    text = page("x", comparison, None)
    assert "var(--whole)" in text.partition("</style>")[2]
    assert "launcher and interpreter" not in text


def test_without_jinja2_it_is_said_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.py").write_text("")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert main(["compare", "run.py", "--sample", ""]) == 3
    assert "pip install 'tf2exe[compare]'" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


@given(st.lists(st.integers(1, 10**9), max_size=40))
def test_areas_are_as_the_sizes(sizes: list[int]) -> None:
    sizes.sort(reverse=True)
    boxes = squarify(sizes, Box(0, 0, 100, 100))
    assert len(boxes) == len(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(10_000 * size / sum(sizes), rel=1e-6)
        assert -1e-6 <= box.x <= box.x + box.width <= 100 + 1e-6
        assert -1e-6 <= box.y <= box.y + box.height <= 100 + 1e-6


def look(folder: Path, text: str, width: int, *, dark: bool) -> dict[str, Any]:
    """What a real browser makes of the page."""
    file = folder / "page.html"
    file.write_text(text.replace("</body>", f"{MEASURING}</body>"), encoding="utf-8")
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    own = f"--user-data-dir={folder / 'profile'}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", own, *scheme]
    done = subprocess.run(
        [str(BROWSER), *options, f"--window-size={width},1200", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout)
    assert found is not None, done.stdout[-500:]
    measured: dict[str, Any] = json.loads(found[1])
    return measured


@pytest.mark.promise("comparison", "The page needs no network and is readable on a phone and in dark mode.")
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1200, False), (1200, True)])
def test_in_a_real_browser(comparison: Document, tmp_path: Path, width: int, dark: bool) -> None:  # noqa: FBT001
    if BROWSER is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine")
    seen = look(tmp_path, page("image-classifier: beside PyInstaller", comparison, SIZES), width, dark=dark)
    assert seen["width"] <= max(width, 500)  # the least that some versions allow
    assert seen["overflow"] == 0
    assert seen["cut"] == 0
    assert seen["requests"] == 0
    assert seen["ground"] == ("rgb(18, 22, 29)" if dark else "rgb(255, 255, 255)")
    assert seen["parts"] == [4] * 6
    longest = max(seen["bars"])
    assert seen["bars"][-1] == pytest.approx(longest / 3, rel=0.02)  # tf2exe starts three times as fast here
    assert seen["covered"] == pytest.approx(1, abs=0.01)
