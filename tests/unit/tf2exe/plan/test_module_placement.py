from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.analysis.modules import find_modules
from tf2exe.plan import module_placement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.plan.module_placement import ModulePlacement
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

GRAPH = "import tensorflow as tf\nimport below\n@tf.function\ndef f(x):\n    return below.g(x)\n"


def decide(application: Application, footprint: Footprint) -> dict[str, ModulePlacement]:
    modules = find_modules(application, module_placement.own_modules(application, footprint))
    return {
        placement.module.name: placement
        for placement in module_placement.place_modules(application, modules, footprint)
    }


def test_plain_modules_are_compiled_and_keep_their_source(project: Project, footprint: MakeFootprint) -> None:
    decided = decide(project({"run.py": "import other", "other.py": ""}, entry="run.py"), footprint())
    assert {name: (placement.compiled, placement.with_source) for name, placement in decided.items()} == {
        "__main__": (True, False),
        "other": (True, False),
    }


def test_what_autograph_converts_is_carried_and_what_it_calls_keeps_a_source(
    project: Project, footprint: MakeFootprint
) -> None:
    files = {"run.py": "import graph", "graph.py": GRAPH, "below.py": "import lowest", "lowest.py": ""}
    decided = decide(project(files, entry="run.py"), footprint())
    assert (decided["graph"].compiled, decided["graph"].with_source) == (False, True)
    assert "graph.py, line 3, uses tensorflow.function" in decided["graph"].reason
    for name in ("below", "lowest"):
        assert (decided[name].compiled, decided[name].with_source) == (True, True)
    assert "graph.py, which imports it" in decided["below"].reason
    assert (decided["__main__"].compiled, decided["__main__"].with_source) == (True, False)


def test_what_autograph_read_while_a_sample_ran_is_carried(
    project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    application = project({"run.py": "import layer, other", "layer.py": "", "other.py": ""}, entry="run.py")
    reader = "/x/site-packages/tensorflow/python/autograph/pyct/parser.py"
    decided = decide(
        application,
        footprint(
            read_as_source=[
                (str(tmp_path / "layer.py"), reader),
                (str(tmp_path / "other.py"), "/x/traceback.py"),
            ]
        ),
    )
    assert decided["layer"].compiled is False
    assert "AutoGraph read layer.py" in decided["layer"].reason
    assert decided["other"].compiled


def test_compile_forces_a_module_into_c(project: Project, footprint: MakeFootprint) -> None:
    files = {"run.py": "import graph", "graph.py": GRAPH, "below.py": ""}
    decided = decide(project(files, entry="run.py", compile=["graph"]), footprint())
    assert decided["graph"].compiled


def test_sources_of_all_or_none(project: Project, footprint: MakeFootprint) -> None:
    files = {"run.py": "import graph", "graph.py": GRAPH, "below.py": ""}
    everything = decide(project(files, entry="run.py", sources="all"), footprint())
    assert all(placement.with_source for placement in everything.values())
    nothing = decide(project(files, entry="run.py", sources="none"), footprint())
    assert {name for name, placement in nothing.items() if placement.with_source} == {"graph"}


def test_a_program_that_starts_processes_carries_its_main_source(
    project: Project, footprint: MakeFootprint
) -> None:
    for text in ("import multiprocessing as mp", "from concurrent.futures import ProcessPoolExecutor"):
        decided = decide(project({"run.py": text}, entry="run.py"), footprint())
        assert decided["__main__"].with_source, text
        assert "run.py starts processes" in decided["__main__"].reason
    decided = decide(
        project({"run.py": "from concurrent.futures import ThreadPoolExecutor"}, entry="run.py"), footprint()
    )
    assert not decided["__main__"].with_source


def test_own_modules_are_those_of_the_application_s_folders(
    project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    application = project({"run.py": ""}, entry="run.py", include_module=["hidden"])
    loaded = [
        ("__main__", str(tmp_path / "run.py")),
        ("late", str(tmp_path / "late.py")),
        ("native", str(tmp_path / "native.so")),
        ("json", "/usr/lib/python3/json/__init__.py"),
        ("sys", ""),
    ]
    assert module_placement.own_modules(application, footprint(modules=loaded)) == {"hidden", "late"}
