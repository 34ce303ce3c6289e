from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.assemble.layer_record import Layer
from tf2exe.cli import build_messages
from tf2exe.cli.build_messages import describe, describe_step
from tf2exe.cli.screen import Message
from tf2exe.compile import compilers
from tf2exe.compile.stage import CompiledApplication
from tf2exe.convert.converted_models import Agreement, ConvertedModels, Model
from tf2exe.overlap import CompiledAndBundled
from tf2exe.package.stage import Package
from tf2exe.plan.stage import plan
from tf2exe.report.results import Configured, Packaged, Traced, Verified
from tf2exe.system.file_tree import FileDigest
from tf2exe.system.progress import Step
from tf2exe.verify.compare import Comparison, Difference
from tf2exe.verify.stage import Parity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

RUN = {"run.py": "print(1)", "photo one.png": "x"}
AGREEMENT = Agreement(predictions=5, tops=5, same_top=4, largest=0.00019, mean=1.9e-9)


def parity(*masked: str) -> Parity:
    return Parity((Comparison("sample", None, masked),), (), (1.0,), (7.25,))


def converted(by: str = "keras 3") -> ConvertedModels:
    model = Model(Path("m.keras"), Path("m.tflite"), "m.tflite", (), None, 18_600_000, "")
    return ConvertedModels("litert", "int8", (model,), (), Path(), by)


def test_what_each_stage_found(
    project: Project, footprint: MakeFootprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    application = project(RUN, entry="run.py", samples=["", "'photo one.png'"])
    seen = footprint(modules=[("a", "a.py"), ("b", "b.py")])
    toolchain = compilers.select_compiler("auto")
    assert describe(Configured(application, toolchain)) == Message(
        f"run.py as onefile, C compiler {toolchain.name}"
    )
    assert describe(Traced(application, seen)) == Message("2 samples, 2 modules loaded")
    assert describe(plan(application, seen)).text.startswith("1 of 1 module compiled to C; ")
    package = Package(Path("x"), "onefile", 1_234_500_000, "", (FileDigest("a", 1, ""),))
    assert describe(Packaged(package, ())) == Message("1,234.5 MB, 1 file")
    assert describe(None) == Message()


def test_models(project: Project, footprint: MakeFootprint) -> None:
    application = project(RUN, entry="run.py", samples=[""])
    models = converted()
    assert describe(models).text == "m.tflite (18.6 MB), int8, converted by keras 3"
    assert build_messages.describe_accuracy(models, AGREEMENT) == (
        "int8 model against the original: same top-1 class in 4 of 5, largest difference 0.00019, "
        "mean 1.9e-09"
    )
    unknown = describe(Traced(application, footprint(), models))
    assert unknown.warnings == ("accuracy of the converted int8 model was not checked: no sample ran it",)
    partly = replace(AGREEMENT, unfed=("other.tflite",))
    assert describe(Traced(application, footprint(), models, partly)) == Message(
        f"1 sample, 0 modules loaded; {build_messages.describe_accuracy(models, AGREEMENT)}",
        warnings=("accuracy of other.tflite was not checked: no sample ran it",),
    )
    assert describe(converted(by="")).text == "m.tflite (18.6 MB), not converted"


def test_a_stage_that_did_nothing_warns_and_says_what_to_do(
    project: Project, footprint: MakeFootprint
) -> None:
    application = project(RUN, entry="run.py")
    compiled = CompiledApplication(None, Path("launcher"), None, (), None)
    layer = Layer(Path(), reused=True, unmatched=(), files=(), minimum_glibc="")
    for result, remedy in (
        (Traced(application, footprint()), "give --sample 'ARGUMENTS'"),
        (Verified(None, 0), "there is no sample; give --sample 'ARGUMENTS'"),
        (Verified(None, 2), "--no-verify; build again without it"),
        (CompiledAndBundled(compiled, layer), "`tf2exe explain __main__` says why"),
    ):
        message = describe(result)
        assert message.is_warning
        assert remedy in message.text
    assert not describe(Verified(parity(), 1)).is_warning


@pytest.mark.skipif(sys.platform == "win32", reason="Windows libraries are found in the stage package")
def test_libraries_that_this_machine_lacks_are_one_line(project: Project, footprint: MakeFootprint) -> None:
    planned = plan(project(RUN, entry="run.py"), footprint())
    assert describe(planned).warnings == ()
    missing = tuple((f"lib{n}.so", "plugin.so") for n in range(5))
    (line,) = describe(replace(planned, missing_libraries=missing)).warnings
    assert line.startswith("not found on this machine: lib0.so (required by plugin.so), lib1.so ")
    assert line.endswith(" and 2 more; the files that require them do not load here either")


def test_parity_is_one_sentence() -> None:
    different = Comparison("b", Difference("stdout", 1, "a", "b"), ())
    one = Comparison("a", None, ("absl-log-prefix", "mask 'x'"))
    assert build_messages.describe_matches([one]) == (
        "1 of 1 sample matches Python (ignored run-to-run differences: log time stamps, mask 'x')"
    )
    assert build_messages.describe_matches([one, different]).startswith("1 of 2 samples matches Python (")
    assert build_messages.describe_matches([different]) == "0 of 1 sample match Python"


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("verify", "comparing the executable with Python"),
        ("a piece of the toolchain", ""),
        (Step("trace", "", 1, 3), "sample 1 of 3: (no arguments)"),
        (Step("compile", number=3, total=19), "C compiler: 3 of 19 files"),
        (Step("bundle", number=1_900_000, total=77_000_000), "bundling libraries: 1 of 77 MB"),
        (Step("output", "a {line}"), "a {line}"),
    ],
)
def test_what_a_stage_does_now(now: Step | str, text: str) -> None:
    assert describe_step(now) == text
