"""Markers `promise` that cannot be put on the page of promises are refused, with their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reference_pages import promises

if TYPE_CHECKING:
    from pathlib import Path

MARK = "@pytest.mark.promise"


def read(folder: Path, **files: str) -> promises.Promises:
    for name, text in files.items():
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests" / f"{name}.py").write_text(f"import pytest\n\n{text}", encoding="utf-8")
    return promises.read(folder / "tests")


def test_equal_texts_are_one_promise_with_several_tests(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        test_a=f"{MARK}('parity', 'It is the same.')\ndef test_one(): ...\n",
        test_b=f"class TestIt:\n    {MARK}(\n        'parity',\n        'It is '\n        'the same.')\n"
        "    def test_two(self): ...\n",
        helper=f"{MARK}('parity', 'Not a test file.')\ndef test_three(): ...\n",
    )
    assert found == {
        ("parity", "It is the same."): ["tests/test_a.py::test_one", "tests/test_b.py::TestIt::test_two"]
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (f"{MARK}\ndef test_it(): ...", "3: a promise has two strings"),
        (f"{MARK}('parity')\ndef test_it(): ...", "3: a promise has two strings"),
        (f"{MARK}('parity', TEXT)\ndef test_it(): ...", "3: a promise has two strings"),
        (f"{MARK}('parity', text='x')\ndef test_it(): ...", "3: a promise has two strings"),
        (f"{MARK}('parties', 'x')\ndef test_it(): ...", "3: unknown section 'parties'; use parity"),
        (f"{MARK}('parity', 'x')\ndef helper(): ...", "3: helper is not a test"),
        (
            f"{MARK}('build', 'It runs.')\ndef test_a(): ...\n{MARK}('build', 'It runs')\ndef test_b(): ...",
            "test_x.py::test_a and tests/test_x.py::test_b: nearly the same promise",
        ),
    ],
)
def test_a_marker_that_cannot_be_put_on_the_page_is_refused(
    source: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(promises.MarkerError) as refused:
        read(tmp_path, test_x=source)
    assert message in str(refused.value)


def test_the_page_has_every_promise_below_its_section() -> None:
    lines = promises.page()
    found = promises.read(promises.CHECKOUT / "tests")
    assert len([line for line in lines if line.endswith("` |")]) == len(found)
    assert [line for line in lines if line.startswith("## ")] == [
        f"## {title}" for key, title in promises.SECTIONS.items() if key in {section for section, _ in found}
    ]
