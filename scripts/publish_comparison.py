"""Writes the tables of a comparison to README.md and docs/how-to/compare.md, between their marks.

    python scripts/publish_comparison.py [build/image-classifier/compare/comparison.json]

Figures measured under Wine are written to docs/how-to/windows-from-linux.md. The JSON file is written by
`python scripts/compare_builds.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "src"))

from tf2exe.comparison import tables  # noqa: E402 - found only with the path above
from tf2exe.comparison.comparison_json import FILE, ComparisonDocument  # noqa: E402 - found only with the path above

BEGIN = "<!-- figures of scripts/compare_builds.py, put here by scripts/publish_comparison.py -->"
END = "<!-- end of the figures -->"


def main(arguments: list[str]) -> int:
    """Replaces the text between the marks; returns 1 if a page has none."""
    usual = CHECKOUT / "build" / "image-classifier" / "compare" / FILE
    document = ComparisonDocument.read(Path(arguments[0] if arguments else usual))
    for page, text in _pages(document).items():
        before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            print(f"{page} has no marks: {BEGIN} and {END}", file=sys.stderr)
            return 1
        page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
        print(f"wrote {page.relative_to(CHECKOUT)}")
    return 0


def _pages(document: ComparisonDocument) -> dict[Path, str]:
    """The text of each page."""
    guides = CHECKOUT / "docs" / "how-to"
    if tables.wine_suffix(document):
        return {guides / "windows-from-linux.md": tables.markdown(document)}
    return {
        CHECKOUT / "README.md": f"## Beside PyInstaller\n\n{tables.short_markdown(document)}",
        guides / "compare.md": f"## Measured\n\n{tables.markdown(document)}",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
