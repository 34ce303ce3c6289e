"""Makes the corpus with which `tf2exe verify` compares the bundled classifier and its executable.

python scripts/make_corpus.py FOLDER

The files are made from `assets/samples`, the same every time; `cases.toml` in the folder lists the cases.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from corpus_making import command_lines, damage, formats, names, oddities
from corpus_making.collection import Collection


def make_corpus(folder: Path) -> Collection:
    """Fills a folder."""
    collection = Collection(folder)
    for kind in (formats, oddities, damage, names, command_lines):
        kind.add(collection)
    collection.write()
    return collection


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the corpus goes; it must be empty or not there")
    target = parser.parse_args().folder
    if target.exists() and any(target.iterdir()):
        parser.error(f"{target} is not empty")
    made = make_corpus(target)
    for text in made.left_out:
        print(f"left out: {text}")
    print(f"{len(made.cases)} cases in {target}")
