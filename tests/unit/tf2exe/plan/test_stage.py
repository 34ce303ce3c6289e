from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import ConfigurationError
from tf2exe.plan.stage import BuildPlan, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

GRAPH = "import tensorflow as tf\n@tf.function\ndef f(x): ...\n"


def flags(planned: BuildPlan) -> list[str]:
    return [option.flag for option in planned.options]


def test_options_follow_the_fates(project: Project, footprint: MakeFootprint) -> None:
    files = {"run.py": "import own, graph", "own.py": "", "graph.py": GRAPH}
    planned = plan(project(files, entry="run.py", exclude=["tensorflow-cpu", "tensorflow"]), footprint())
    assert "--include-module=own" in flags(planned)
    assert "--nofollow-import-to=graph" in flags(planned)
    assert "--include-module=__main__" not in flags(planned)
    assert not [flag for flag in flags(planned) if flag.startswith("--jobs")]
    assert "--disable-plugin=data-files" in flags(planned)
    assert all(option.reason and option.origin for option in planned.options)


def test_compiled_packages(project: Project, footprint: MakeFootprint) -> None:
    application = project({"run.py": "import rich"}, entry="run.py", compile=["rich"], jobs=2, debug=True)
    planned = plan(application, footprint())
    assert {"--include-package=rich", "--follow-import-to=rich", "--jobs=2", "--debug"} <= set(flags(planned))
    assert "--disable-plugin=data-files" not in flags(planned)
    names = [c.destination for c in planned.files if c.owner == "rich"]
    assert not [name for name in names if name.endswith(".py")]


def test_files_that_a_sample_read_beside_the_code_travel(
    project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    names = ("model.keras", "deep/labels.txt", ".hidden/x", "given.txt", "dist/old", "build/run/trace/x")
    application = project(
        {"run.py": "", **dict.fromkeys(names, "x")}, entry="run.py", data=["given.txt=g.txt"]
    )
    opened = [
        *(str(tmp_path / name) for name in names),
        "/etc/passwd",
        str(tmp_path / "gone"),
        sys.executable,
    ]
    planned = plan(application, footprint(opened=opened))
    assert [(file.source, file.destination) for file in planned.data] == [
        (tmp_path / "given.txt", "g.txt"),
        (tmp_path / "deep" / "labels.txt", "deep/labels.txt"),
        (tmp_path / "model.keras", "model.keras"),
    ]


def test_the_builder_is_never_carried(project: Project, footprint: MakeFootprint) -> None:
    used = footprint(modules=[("tf2exe.config.stage", str(Path(__file__)))])
    planned = plan(project({"run.py": "import rich"}, entry="run.py"), used)
    assert "tf2exe" not in [chosen.name for chosen in planned.distributions]
    assert not [c for c in planned.files if "tf2exe" in c.destination]


def test_the_plan_is_the_same_every_time(project: Project, footprint: MakeFootprint) -> None:
    application = project({"run.py": "import rich, own", "own.py": ""}, entry="run.py")
    assert plan(application, footprint()) == plan(application, footprint())


@pytest.mark.skipif(sys.platform == "win32", reason="the executable ends with .exe there")
def test_a_package_with_sources_needs_its_folder_beside_the_executable(
    project: Project, footprint: MakeFootprint
) -> None:
    files = {"app/__init__.py": "", "app/__main__.py": "from . import graph", "app/graph.py": GRAPH}
    more = {"exclude": ["tensorflow-cpu", "tensorflow"]}
    with pytest.raises(ConfigurationError, match=r"the executable cannot be named 'app'.*--name app-app"):
        plan(project(files, entry="app", **more), footprint())
    plan(project(files, entry="app", name="other", **more), footprint())
    plan(project({**files, "app/graph.py": ""}, entry="app", **more), footprint())


@pytest.mark.parametrize("excluded", [False, True])
def test_a_library_behind_a_forwarder(
    project: Project,
    footprint: MakeFootprint,
    excluded: bool,  # noqa: FBT001
) -> None:
    """It is bundled under another name or left out, and is not missing; the module itself stays."""
    more = {"exclude": ["numpy.linalg"]} if excluded else {}
    planned = plan(project({"run.py": "import numpy\n"}, entry="run.py", **more), footprint())
    if not planned.forwarders:
        pytest.skip("this NumPy brings no OpenBLAS of its own")
    (forwarder,) = planned.forwarders
    files = [carried.destination for carried in planned.files]
    others = [library.name for library in planned.libraries]
    others += [name for name, _ in planned.missing_libraries]
    assert forwarder.destination not in files
    assert not [name for name in others if "openblas" in name or "gfortran" in name]
    assert ([forwarder.real] if forwarder.real else []) == [name for name in files if "numpy.linalg." in name]
    assert bool(forwarder.real) != excluded
    assert "lib/packages/numpy/linalg/__init__.py" in files
    reasons = [item.rule.reason for item in planned.excluded]
    assert ("`exclude` has numpy.linalg" in reasons) == excluded


LOADS = {
    "run.py": "import own\n",
    "own.py": "import os, keras.layers as L\n",
}
MAY_LOAD = {
    "run.py": "import own\ntry:\n    import keras\nexcept ImportError:\n    keras = None\n",
    "own.py": "def train():\n    import tensorflow\n\nif 0: import keras\n",
}


def test_an_import_of_what_the_runtime_leaves_out(project: Project, footprint: MakeFootprint) -> None:
    """Without a sample only the source tells."""
    application = project(LOADS, entry="run.py", runtime="litert")
    with pytest.raises(ConfigurationError, match=r"loads keras: own, line 1, imports it.*smaller\.md"):
        plan(application, footprint())
    plan(project(LOADS, entry="run.py", exclude=["tensorflow-cpu", "tensorflow", "keras"]), footprint())


def test_an_import_that_may_never_be_executed(project: Project, footprint: MakeFootprint) -> None:
    planned = plan(project(MAY_LOAD, entry="run.py", runtime="litert"), footprint())
    assert "keras" not in {distribution.name for distribution in planned.distributions}


def test_what_is_missing_of_the_standard_library_can_be_added(
    project: Project, footprint: MakeFootprint
) -> None:
    application = project({"run.py": "__import__('tk' + 'inter')"}, entry="run.py")
    remedies = {absent.module: absent.remedy for absent in plan(application, footprint()).absent}
    assert "--include-module" in remedies["tkinter"]
    assert "--include-module" in remedies["readline"]


def test_an_unknown_package_brings_what_it_imports_of_the_standard_library(
    project: Project, footprint: MakeFootprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function of a package that nuitka_options does not know imports tkinter."""
    site = tmp_path / "site"
    (site / "draws-1.dist-info").mkdir(parents=True)
    (site / "draws.py").write_text("def window():\n    from tkinter import ttk\n", encoding="utf-8")
    (site / "draws-1.dist-info" / "METADATA").write_text("Name: draws\nVersion: 1\n", encoding="utf-8")
    (site / "draws-1.dist-info" / "RECORD").write_text("draws.py,,\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    application = project({"run.py": "import draws"}, entry="run.py")
    files = {file.destination for file in plan(application, footprint()).files}
    assert {"lib/packages/draws.py", "lib/python/tkinter/ttk.py"} <= files
