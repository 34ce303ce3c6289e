"""Puts the tables of a comparison into README.md and docs/how-to/compare.md, between their marks.

    python scripts/publish_comparison.py [build/image-classifier/compare/comparison.json]

What was measured under Wine goes to docs/how-to/windows-from-linux.md. The figures come from the JSON that
`python scripts/compare_builds.py` wrote, and from nowhere else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "src"))

from tf2exe.comparison import tables  # noqa: E402 - found only with the path above

if TYPE_CHECKING:
    from tf2exe.comparison.record import Document

BEGIN = "<!-- figures of scripts/compare_builds.py, put here by scripts/publish_comparison.py -->"
END = "<!-- end of the figures -->"


def main(arguments: list[str]) -> int:
    """Replaces what stands between the marks; 1: a page has none."""
    usual = CHECKOUT / "build" / "image-classifier" / "compare" / "comparison.json"
    document = json.loads(Path(arguments[0] if arguments else usual).read_text(encoding="utf-8"))
    for page, text in _pages(document).items():
        before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            print(f"{page} has no marks: {BEGIN} and {END}", file=sys.stderr)
            return 1
        page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
        print(f"wrote {page.relative_to(CHECKOUT)}")
    return 0


def _pages(document: Document) -> dict[Path, str]:
    """What goes where."""
    guides = CHECKOUT / "docs" / "how-to"
    if tables.under(document):
        return {guides / "windows-from-linux.md": tables.markdown(document)}
    return {
        CHECKOUT / "README.md": f"## Beside PyInstaller\n\n{tables.short_markdown(document)}",
        guides / "compare.md": f"## Measured\n\n{tables.markdown(document)}",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
