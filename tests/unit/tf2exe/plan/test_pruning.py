from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.modules import Module
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches
from tf2exe.plan import bundled_files, pruning
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.distributions import SelectedDistribution
from tf2exe.trace.footprint import Footprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tf2exe.knowledge.rules import PruningRule

STANDARD = Path(os.__file__).parent
HARMLESS = {"logging", "xml", "random"}
"""Only logging.handlers and xml.sax, which are named; random wants SHA-512, which hashlib itself has."""
NATIVE = "lib-dynload/_ssl.so"
WINDOWS = ("lib-dynload/libcrypto-3.dll", "lib-dynload/libssl-3.dll", "lib-dynload/sqlite3.dll")
DATABASE = "sqlite3/__init__.py"


def left(
    tmp_path: Path, source: str, *others: str, wanted: tuple[str, ...] = (), loaded: str = ""
) -> tuple[set[str], set[str]]:
    """The files that are still carried, and the modules that an executable says it lacks."""
    path = tmp_path / "run.py"
    path.write_text(source, encoding="utf-8")
    files = (NATIVE, DATABASE, *WINDOWS, "os.py", "lib-dynload/_sslike.so")
    carried = tuple(BundledFile(tmp_path / f, f"lib/python/{f}", "python", "native", 1, "") for f in files)
    footprint = Footprint((), (str(tmp_path / loaded),) if loaded else (), (), (), (), ())
    distributions = [SelectedDistribution(name, "1", "", tmp_path, ()) for name in ("numpy", *others)]
    module = Module("__main__", path, is_package=False, imports=(), converted=())
    rules, kept, left_out = pruning.prune([module], distributions, wanted, carried, footprint)
    assert len(kept) + sum(item.files for item in left_out) == len(files)
    names = {file.destination.removeprefix("lib/python/") for file in kept}
    return names, {name for rule in rules for name in rule.modules}


def test_what_the_source_does_not_name_is_left_out(tmp_path: Path) -> None:
    files, missing = left(tmp_path, "import numpy as np\nprint(np.sort([2, 1]), 'https://example.org')\n")
    assert files == {"os.py", "lib-dynload/_sslike.so"}
    assert {"_ssl", "_hashlib", "sqlite3"} <= missing


@pytest.mark.promise("parity", "Standard-library modules that the source may import are not pruned.")
@pytest.mark.parametrize(
    "source",
    ["import ssl", "def late():\n    from urllib.request import urlopen", "import numpy as np\nnp.loadtxt(x)",
     "getattr(np, 'genfromtxt')", "from http import client",
     "import importlib\nimportlib.import_module('ssl')",
     "import hashlib as h", "from asyncio import run"],
)  # fmt: skip
def test_what_the_source_may_reach_stays(tmp_path: Path, source: str) -> None:
    files, missing = left(tmp_path, source)
    assert NATIVE in files
    assert "_ssl" not in missing


def test_other_packages_may_reach_anything(tmp_path: Path) -> None:
    files, missing = left(tmp_path, "", "requests")
    assert {NATIVE, DATABASE} <= files
    assert not missing


def test_what_a_sample_loaded_and_what_is_asked_for_stays(tmp_path: Path) -> None:
    assert DATABASE in left(tmp_path, "", loaded=DATABASE)[0]
    assert {NATIVE, *WINDOWS[:2]} <= left(tmp_path, "", wanted=("ssl",))[0]
    assert NATIVE in left(tmp_path, "", wanted=("_hashlib",))[0]


def imported(path: Path) -> Iterator[str]:
    """The top-level modules of the imports in a file."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.promise("parity", "Standard-library modules that the source may import are not pruned.")
@pytest.mark.parametrize("rule", package_rules.pruning_rules(), ids=lambda rule: rule.modules[0])
def test_the_names_of_a_rule_are_all_that_import_its_modules(rule: PruningRule) -> None:
    """Of the standard library itself: whoever imports what is left out is named, or left out, too."""
    rules = bundled_files._rules("python", set())  # noqa: SLF001
    own = {*rule.modules, *(module.strip("_") for module in rule.modules)}
    askers = set()
    for name in bundled_files._members(STANDARD):  # noqa: SLF001
        parts = name.removesuffix(".py").split("/")
        if not name.endswith(".py") or parts[0] in own or any(matches(r.pattern, name) for r in rules):
            continue
        if own & set(imported(STANDARD / name)):
            askers.add(parts[0])
    unnamed = askers - rule.names - HARMLESS
    assert not unnamed, f"{unnamed} reach what the rule leaves out"
