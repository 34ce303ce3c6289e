from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf2exe.knowledge.glob import matches

NAME = st.text(st.sampled_from("ab.+[]()^$\\ é_-"), min_size=1, max_size=5)
PATH = st.lists(NAME, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("numpy/tests/**", "numpy/tests/a/b.py", True),
        ("numpy/tests/**", "numpy/tests", False),
        ("numpy/**/tests/**", "numpy/tests/a.py", True),
        ("numpy/**/tests/**", "numpy/lib/tests/a.py", True),
        ("numpy/**/tests/**", "numpy/lib/nottests/a.py", False),
        ("**/*.pyc", "a.pyc", True),
        ("**/*.pyc", "a/b/c.pyc", True),
        ("**/*.pyc", "a/b/c.py", False),
        ("*.so", "a/b.so", False),
        ("PIL/_imagingtk*", "PIL/_imagingtk.cpython-311.so", True),
        ("PIL/_imagingtk*", "PIL/_imagingtk/x.so", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.b", "axb", False),
        ("a", "a\n", False),
    ],
)
def test_meaning(pattern: str, path: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert matches(pattern, path) is expected


@given(PATH)
def test_a_path_without_wildcards_matches_itself_only(path: str) -> None:
    assert matches(path, path)
    assert not matches(path, f"{path}x")
    assert not matches(path, f"x{path}")


@given(PATH, NAME)
def test_two_stars_reach_every_depth(path: str, name: str) -> None:
    assert matches(f"**/{name}", f"{path}/{name}")
    assert matches(f"**/{name}", name)
    assert matches(f"{path}/**", f"{path}/{name}/x")
    assert matches("**", path)


@given(PATH, NAME)
def test_one_star_stays_in_its_folder(path: str, name: str) -> None:
    assert matches(f"{path}/*", f"{path}/{name}")
    assert not matches(f"{path}/*", f"{path}/{name}/x")
