"""Writes the pages of `docs/reference/` that are made from definitions in the code and in `nuitka_options/`.

`python scripts/make_reference.py` writes them; with `--check` it only says which of them are not current, and
ends with 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "src"))

# These need the path.
from reference_pages import command_line, configuration, exit_codes, nuitka_options, promises  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = CHECKOUT / "docs" / "reference"

PAGES: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "configuration.md": ("src/tf2exe/settings.py", configuration.page),
    "command-line.md": ("the parsers of src/tf2exe/commands/", command_line.page),
    "exit-codes.md": ("src/tf2exe/errors.py and src/tf2exe/launchers/", exit_codes.page),
    "nuitka-options.md": ("nuitka_options/", nuitka_options.page),
    "promises.md": ("the markers `promise` in tests/", promises.page),
}
"""Each page with what it is made from and what makes its lines."""


def pages() -> dict[Path, str]:
    """Each generated page with its text."""
    made = {}
    for name, (source, make) in PAGES.items():
        mark = f"<!-- Made by scripts/make_reference.py from {source}; do not edit. -->"
        made[REFERENCE / name] = "\n".join([mark, *make()]).rstrip("\n") + "\n"
    return made


def main() -> int:
    """Writes or checks the pages; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 if a page is not current"
    )
    check = parser.parse_args().check
    old = []
    try:
        made = pages()
    except promises.MarkerError as error:
        print(error)
        return 1
    for path, text in made.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        old.append(path.relative_to(CHECKOUT).as_posix())
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in old:
        print(f"{name} is not current: run `python scripts/make_reference.py`" if check else f"wrote {name}")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
