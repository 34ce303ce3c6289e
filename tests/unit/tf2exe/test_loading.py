from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tf2exe import knowledge, loading
from tf2exe.carry import Carried
from tf2exe.distributions import Chosen
from tf2exe.footprint import Footprint
from tf2exe.imports import Module

NATIVE = "PIL/_imaging.cpython-311-x86_64-linux-gnu.so"


def carried(folder: Path, *destinations: str) -> tuple[Carried, ...]:
    return tuple(Carried(folder / one, one, "thing", "file", 1, "") for one in destinations)


def loaded(*files: str) -> Footprint:
    return Footprint((), (), (), (), files, ())


def test_lazy_are_the_modules_that_are_there(tmp_path: Path) -> None:
    files = carried(
        tmp_path, "lib/packages/PIL/ExifTags.py", "lib/python/inspect.py", "lib/packages/inspect.py"
    )
    assert {one.destination for one in loading.lazy(files, (), ())} == {
        "lib/packages/PIL/ExifTags.py",
        "lib/python/inspect.py",
    }


@pytest.mark.promise("parity", "Deferred docstrings of NumPy equal those of Python.")
@pytest.mark.parametrize(
    ("source", "others", "waits"),
    [
        ("import numpy as np\nnp.zeros(3)", (), True),
        ("import numpy as np\nprint(np.add.__doc__)", (), False),
        ("import numpy as np\nhelp(np)", (), False),
        ("import numpy as np\nprint(getattr(np.add, '__doc__'))", (), False),
        ("import numpy as np\nnp.zeros(3)", ("scipy",), False),
    ],
)
def test_docstrings_wait_where_nobody_can_read_them(
    tmp_path: Path, source: str, others: tuple[str, ...], *, waits: bool
) -> None:
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    module = Module("a", tmp_path / "a.py", is_package=False, imports=(), converted=())
    carried_with = [Chosen(name, "1", "", tmp_path, ()) for name in ("numpy", *others)]
    files = carried(tmp_path, "lib/packages/numpy/_core/_add_newdocs.py")
    assert bool(loading.lazy(files, [module], carried_with)) is waits


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is loaded ahead there")
def test_ahead_is_what_a_sample_loaded(tmp_path: Path) -> None:
    files = carried(tmp_path, f"lib/packages/{NATIVE}", "lib/packages/PIL/Image.py")
    assert loading.ahead(files, loaded()) == ()
    chosen = loading.ahead(files, loaded(str(tmp_path / "lib/packages" / NATIVE)))
    assert [one.destination for one in chosen] == [f"lib/packages/{NATIVE}"]
    (tmp_path / "lib").mkdir(exist_ok=True)
    loading.write_ahead(tmp_path, chosen)
    assert (tmp_path / loading.AHEAD).read_text() == f"lib/packages/{NATIVE}\n"


def test_nothing_to_load_ahead_is_no_file(tmp_path: Path) -> None:
    loading.write_ahead(tmp_path, ())
    assert list(tmp_path.iterdir()) == []


def test_every_lazy_module_of_the_standard_library_is_one() -> None:
    """A name that is misspelled, or that a later Python has not, would be of no effect."""
    python = next(package for package in knowledge.packages() if "python" in package.names)
    here = Path(os.__file__).parent
    assert [rule.pattern for rule in python.lazy if not (here / rule.pattern).is_file()] == []
