"""Optional dependencies of Keras, in an environment that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.evidence import gather_evidence
from tf2exe.analysis.installed import InstalledDistributions
from tf2exe.analysis.modules import find_modules
from tf2exe.plan.distributions import select_distributions
from tf2exe.plan.optional_imports import imported_at_once

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.knowledge.rules import OptionalImportRule
    from tf2exe.plan.distributions import SelectedDistribution
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

LOOKS = "try:\n    import pandas\nexcept ImportError:\n    pandas = None\n"
TABLES = "import dateutil\ntry:\n    import pyarrow\nexcept ImportError:\n    pass\n"
TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n"
SITE: dict[str, tuple[str, str, list[str]]] = {
    # distribution: its module, the source of that, what it requires
    "keras": ("keras", f"{LOOKS}import jax\n", []),
    "tensorflow": ("tensorflow", "", []),
    "jax": ("jax", "", []),
    "pandas": ("pandas", TABLES, ["python-dateutil"]),
    "python-dateutil": ("dateutil", "", []),
    "pyarrow": ("pyarrow", "", []),
    "requirer": ("requirer", "", ["pandas"]),
    "importer": ("importer", LOOKS, []),
    "caller": ("caller", "def f():\n    import pandas\n", []),
    "typist": ("typist", TYPES, []),
}
OTHERS = {"requirer", "importer", "caller", "typist"}
PANDAS = {"pandas", "python-dateutil", "pyarrow"}
ALL = {*PANDAS, "jax"}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Distributions that hide the installed ones of the same names."""
    folder = tmp_path_factory.mktemp("site")
    for name, (module, source, requires) in SITE.items():
        (folder / f"{module}.py").write_text(source, encoding="ascii")
        record = folder / f"{name}-1.0.dist-info"
        record.mkdir()
        lines = [f"Requires-Dist: {other}\n" for other in requires]
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{''.join(lines)}"
        (record / "METADATA").write_text(text, encoding="ascii")
        (record / "RECORD").write_text(f"{module}.py,,\n{record.name}/METADATA,,\n", encoding="ascii")
    monkeypatch.syspath_prepend(str(folder))
    return folder


def select(
    application: Application, footprint: Footprint
) -> tuple[tuple[SelectedDistribution, ...], dict[str, OptionalImportRule]]:
    modules = find_modules(application, ())
    evidence = gather_evidence(modules, footprint, application.settings.include_module)
    return select_distributions(application, modules, footprint, evidence, InstalledDistributions())


@pytest.mark.promise("build", "Optional dependencies of Keras are bundled only if something else uses them.")
@pytest.mark.parametrize(
    ("source", "unneeded"),
    [
        ("import keras", ALL),
        ("import keras, pandas", {"jax"}),
        ("import keras\nimport_module('pandas')", {"jax"}),
        ("import keras\ntable.DataFrame()", {"jax"}),
        ("import keras, requirer", {"jax"}),
        ("import keras, importer", {"jax"}),
        ("import keras, caller", ALL),
        ("import keras, typist", ALL),
        ("import keras, pyarrow", {"jax", "pandas", "python-dateutil"}),
        ("import keras\nload('dateutil.parser')", {"jax", "pandas", "pyarrow"}),
        # TensorFlow and Keras look for it; only one of them uses it.
        ("import keras\nconverter.experimental_from_jax()", PANDAS),
        ("import keras\nlayers.JaxLayer()", PANDAS),
    ],
)
def test_optional_dependencies_without_another_user_are_not_bundled(
    project: Project, footprint: MakeFootprint, site: Path, source: str, unneeded: set[str]
) -> None:
    application = project({"run.py": source}, entry="run.py")
    unused = {name for name in OTHERS if name not in source}
    modules = [module for name, (module, *_) in SITE.items() if name not in unused]
    loaded = footprint(executed=[str(site / f"{module}.py") for module in modules])
    selected, found = select(application, loaded)
    assert found.keys() == unneeded
    assert {c.name for c in selected} & SITE.keys() == SITE.keys() - unneeded - unused


def test_one_that_the_settings_name_is_bundled(
    project: Project, footprint: MakeFootprint, site: Path
) -> None:
    application = project({"run.py": "import keras"}, entry="run.py", include_module=["pandas"])
    loaded = footprint(executed=[str(site / "keras.py"), str(site / "pandas.py")])
    selected, found = select(application, loaded)
    assert not found
    assert {"keras", "pandas", "python-dateutil"} <= {c.name for c in selected}


def test_one_that_is_loaded_without_keras_is_bundled(
    project: Project, footprint: MakeFootprint, site: Path
) -> None:
    application = project({"run.py": "__import__('pan' + 'das')"}, entry="run.py")
    loaded = footprint(executed=[str(site / "pandas.py")])
    selected, found = select(application, loaded)
    assert not found
    assert {"pandas", "python-dateutil"} <= {c.name for c in selected}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a, b.c as d", {"a", "b"}),
        ("from a.x import b", {"a"}),
        ("from . import a", set()),
        ("if x:\n try:\n  pass\n except E:\n  import a\nelse:\n import b", {"a", "b"}),
        ("class C:\n import a", {"a"}),
        ("def f():\n import a\n", set()),
        ("if typing.TYPE_CHECKING:\n import a\n", set()),
        ('"""\nimport a\n"""', set()),
    ],
)
def test_the_imports_at_module_level(tmp_path: Path, source: str, expected: set[str]) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="ascii")
    assert imported_at_once(path, {"a", "b"}) == expected


def test_a_module_that_was_deleted_has_no_imports(tmp_path: Path) -> None:
    assert imported_at_once(tmp_path / "gone.py", {"a"}) == set()
