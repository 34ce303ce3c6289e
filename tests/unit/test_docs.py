"""What the documentation refers to exists: pages, headings and files of the repository."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
SOURCES = [
    path
    for folder in ("src", "scripts", "tests", "nuitka_options")
    for pattern in ("*.py", "*.c", "*.h", "*.toml", "*.j2")
    for path in sorted((REPOSITORY / folder).rglob(pattern))
]
FENCED = re.compile(r"(?ms)^ *```.*?^ *```$")
INLINE = re.compile(r"(`+)(?:.(?!\1))*.?\1")
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)", re.MULTILINE)
FILE = re.compile(r"`((?:assets|docs|nuitka_options|scripts|src|tests)/[^`\s:]*)")


BUILDER = REPOSITORY / "src" / "tf2exe"
ARCHITECTURE = DOCS / "explanation" / "architecture.md"


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def links(page: Path) -> list[str]:
    """The targets of a page's links within the repository."""
    text = INLINE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    targets = (inline or reference for inline, reference in LINK.findall(text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page; of a repeated one, the second ends with `-1`."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found: set[str] = set()
    for title in re.findall(r"(?m)^#+ (.+)$", text):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        found.add(
            next(
                name for name in chain([anchor], (f"{anchor}-{n}" for n in range(1, 99))) if name not in found
            )
        )
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{target}: no such file"
        assert linked.is_relative_to(REPOSITORY), f"{target}: outside of the repository"
        if anchor:
            assert anchor in anchors(linked), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Names with a placeholder in capitals (`runtimes/NAME.toml`) stand for files of the reader."""
    for name in FILE.findall(page.read_text(encoding="utf-8")):
        if not re.search(r"/[A-Z]{3,}\b", name):
            assert list(REPOSITORY.glob(name.rstrip("/"))), f"{name}: no such file"


def test_files_of_the_architecture_exist() -> None:
    names = set(re.findall(r"`([a-z_0-9/]+(?:/|\.py|\.c))`", ARCHITECTURE.read_text(encoding="utf-8")))
    assert len(names) > 30
    found = {f"/{path.relative_to(BUILDER).as_posix()}{'/' * path.is_dir()}" for path in BUILDER.rglob("*")}
    missing = {name for name in names if not any(path.endswith(f"/{name}") for path in found)}
    assert not missing


def test_every_room_is_in_the_architecture() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    rooms = {f"{path.parent.name}/" for path in BUILDER.glob("*/__init__.py")}
    files = {path.name for path in BUILDER.glob("*.py") if not path.name.startswith("__")}
    assert not {name for name in rooms | files if f"`{name}`" not in text}


def test_pages_that_a_source_names_exist() -> None:
    named = [
        (source, name)
        for source in SOURCES
        for name in re.findall(r"\bdocs/[\w/-]+\.md\b", source.read_text(encoding="utf-8"))
    ]
    assert len(named) > 5
    for source, name in named:
        assert (REPOSITORY / name).is_file(), f"{name_of(source)} names {name}"


def test_there_are_links_and_names_to_check() -> None:
    """The other tests pass when they find nothing."""
    assert sum(len(links(page)) for page in PAGES) > 50
    assert sum(len(FILE.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 20


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = {(DOCS / target.partition("#")[0]).resolve() for target in links(DOCS / "README.md")}
    assert not set(DOCS.rglob("*.md")) - listed - {DOCS / "README.md"}


def test_links_between_pages_stay_inside_the_wheel() -> None:
    """The wheel has `docs` and `nuitka_options` side by side, and nothing else of the repository's root."""
    for page in DOCS.rglob("*.md"):
        for target in links(page):
            linked = (page.parent / target.partition("#")[0]).resolve()
            assert linked.is_relative_to(DOCS) or linked.is_relative_to(REPOSITORY / "nuitka_options"), (
                f"{name_of(page)}: {target}"
            )
