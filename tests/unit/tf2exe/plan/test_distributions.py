from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.evidence import gather_evidence
from tf2exe.analysis.installed import InstalledDistributions
from tf2exe.analysis.modules import find_modules
from tf2exe.errors import ConfigurationError
from tf2exe.plan.distributions import SelectedDistribution, select_distributions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]


@pytest.fixture(scope="module")
def installed() -> InstalledDistributions:
    return InstalledDistributions()


def select(
    application: Application, footprint: Footprint, installed: InstalledDistributions
) -> dict[str, SelectedDistribution]:
    modules = find_modules(application, ())
    evidence = gather_evidence(modules, footprint, application.settings.include_module)
    selected, _ = select_distributions(application, modules, footprint, evidence, installed)
    return {distribution.name: distribution for distribution in selected}


def test_an_import_brings_the_whole_closure(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    application = project({"run.py": "def f():\n    import pydantic.main\n"}, entry="run.py")
    selected = select(application, footprint(), installed)
    assert selected["pydantic"].reason == "run.py, line 2, imports pydantic.main"
    assert selected["pydantic-core"].reason == "pydantic requires it"
    assert {"annotated-types", "typing-extensions", "typing-inspection"} <= selected.keys()
    assert "rich" not in selected
    assert selected["pydantic"].version
    assert selected["pydantic"].files


def test_extras_that_nobody_asked_for_stay_at_home(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    selected = select(project({"run.py": "import hypothesis"}, entry="run.py"), footprint(), installed)
    assert "hypothesis" in selected
    assert not {"numpy", "pytest"} & selected.keys()


def test_extras_that_a_requirement_asks_for_come(
    project: Project,
    footprint: MakeFootprint,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = tmp_path_factory.mktemp("site")
    needs = {
        "outer": ["inner[fast]", "absent>=1"],
        "inner": ["quick ; extra == 'fast'", "slow ; extra == 'small'"],
        "quick": [],
        "slow": [],
    }
    for name, lines in needs.items():
        (site / f"{name}.py").touch()
        folder = site / f"{name}-1.0.dist-info"
        folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        (folder / "METADATA").write_text(text + "".join(f"Requires-Dist: {line}\n" for line in lines))
        (folder / "RECORD").write_text(f"{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n")
    monkeypatch.syspath_prepend(str(site))
    selected = select(
        project({"run.py": "import outer"}, entry="run.py"), footprint(), InstalledDistributions()
    )
    assert set(selected) == {"outer", "inner", "quick"}
    assert selected["quick"].reason == "outer requires inner[fast]"


def test_what_is_known_to_be_unneeded_stays_unless_it_is_imported(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    plain = select(project({"run.py": "import ai_edge_litert"}, entry="run.py"), footprint(), installed)
    assert {"ai-edge-litert"} <= plain.keys()
    assert not {"flatbuffers", "protobuf"} & plain.keys()
    source = "def late():\n    from ai_edge_litert.tools import flatbuffer_utils"
    used = select(project({"run.py": source}, entry="run.py"), footprint(), installed)
    assert "flatbuffers" in used
    assert "protobuf" not in used
    traced = footprint(modules=[("ai_edge_litert.profiler_pb2", "/x/ai_edge_litert/profiler_pb2.py")])
    application = project({"run.py": "import ai_edge_litert"}, entry="run.py")
    assert "protobuf" in select(application, traced, installed)


def test_hidden_needs_come_along(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    selected = select(project({"run.py": "import keras"}, entry="run.py"), footprint(), installed)
    assert "pillow" in selected  # no metadata of Keras says so


def test_what_a_sample_loaded_is_carried(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    base, _ = installed.files("rich")
    loaded = footprint(executed=[str(base / "rich" / "console.py")])
    selected = select(project({"run.py": ""}, entry="run.py"), loaded, installed)
    assert selected["rich"].reason == "a sample loaded console.py"


def test_exclude_takes_a_distribution_or_a_module(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    text = {"run.py": "import pydantic, PIL"}
    for name in ("pydantic-core", "pydantic_core"):
        selected = select(project(text, entry="run.py", exclude=[name]), footprint(), installed)
        assert "pydantic-core" not in selected
        assert {"pydantic", "pillow"} <= selected.keys()
    assert "pillow" not in select(project(text, entry="run.py", exclude=["PIL"]), footprint(), installed)


def test_exclude_of_a_part_leaves_the_rest(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    application = project({"run.py": "import rich"}, entry="run.py", exclude=["rich.markdown"])
    assert "rich" in select(application, footprint(), installed)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("numpy.linlag", "numpy.linalg"),
        ("rich.markdow", "rich.markdown"),
        ("PIL.nothing_like_it", "`exclude`"),
    ],
)
def test_exclude_of_an_unknown_part_names_the_nearest_one(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions, name: str, near: str
) -> None:
    application = project({"run.py": ""}, entry="run.py", exclude=[name])
    with pytest.raises(ConfigurationError, match=rf"no part '{name}' to exclude.*{near}"):
        select(application, footprint(), installed)


@pytest.mark.parametrize(
    "name", ["nowhere", "nowhere.at.all", "rich.markdown", "numpy.linalg", "pydantic-core"]
)
def test_exclude_of_what_is_not_installed_or_a_part_is_no_error(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions, name: str
) -> None:
    assert select(project({"run.py": ""}, entry="run.py", exclude=[name]), footprint(), installed) == {}


def test_include_module(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    application = project({"run.py": ""}, entry="run.py", include_module=["rich.table", "json"])
    assert select(application, footprint(), installed)["rich"].reason == "include-module has rich.table"


def test_include_module_that_is_not_installed(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    application = project({"run.py": ""}, entry="run.py", include_module=["nowhere.at_all"])
    with pytest.raises(ConfigurationError, match=r"no module 'nowhere\.at_all'.*include-module names it"):
        select(application, footprint(), installed)


def test_own_modules_need_no_distribution(
    project: Project, footprint: MakeFootprint, installed: InstalledDistributions
) -> None:
    files = {"run.py": "import rich.console", "rich/__init__.py": "", "rich/console.py": ""}
    assert "rich" not in select(project(files, entry="run.py"), footprint(), installed)
