"""The messages of `tf2exe build`: the activity and the result of each stage."""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cli.screen import Message, Screen
from tf2exe.cli.text import count_noun, shown_path
from tf2exe.convert.converted_models import ConvertedModels
from tf2exe.knowledge.volatile_rules import read_volatile_rules
from tf2exe.native import missing_dlls
from tf2exe.native.shared_libraries import abbreviate
from tf2exe.overlap import CompiledAndBundled
from tf2exe.plan.stage import BuildPlan
from tf2exe.report.results import Configured, Packaged, Traced, Verified
from tf2exe.system import host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import Agreement
    from tf2exe.system.progress import Step
    from tf2exe.verify.compare import Comparison

GIVE_SAMPLE = "give --sample 'ARGUMENTS'"
SMALL_MODEL = 100_000
"""A model of fewer bytes is shown in kB."""

PURPOSES = {
    "config": "reading the settings",
    "convert": "converting the models",
    "trace": "running the samples in Python",
    "plan": "choosing files and options",
    "compile": "starting the compilers",
    "package": "writing the package",
    "pyinstaller": "building with PyInstaller",
    "verify": "comparing the executable with Python",
    "report": "writing the report",
}
"""The activity of a stage until it reports a step."""

STEPS = {
    "trace": "sample {number} of {total}: {item}",
    "python": "sample {number} of {total} in Python: {item}",
    "executable": "sample {number} of {total} in the executable: {item}",
    "calibrate": "calibration input {number} of {total}: {item}",
    "convert": "{item}",
    "agree": "comparing the converted models with the originals",
    "analyse": "Nuitka analyses the Python code",
    "generate": "Nuitka writes C",
    "compile": "C compiler: {number} of {total} files",
    "link": "linker",
    "launcher": "C compiler: launcher",
    "compress": "compressing libraries",
    "bundle": "bundling libraries: {number} of {total} MB",
    "pack": "compressing: {number} of {total} MB",
    "output": "{item}",
}
IN_BYTES = {"bundle", "pack"}


def make_screen(console: Console) -> Screen:
    """A screen with the messages of a build."""
    return Screen(console, describe, describe_step)


def describe_step(now: Step | str) -> str:
    """The text of a step; of a stage that has not reported one, its purpose."""
    if isinstance(now, str):
        return PURPOSES.get(now, "")
    scale = 1_000_000 if now.activity in IN_BYTES else 1
    number, total = now.number // scale, now.total // scale
    return STEPS[now.activity].format(item=now.item or "(no arguments)", number=number, total=total)


@singledispatch
def describe(result: object) -> Message:
    """The message of a stage's result; without a result it has none."""
    return Message("" if result is None else str(result))


@describe.register(Configured)
def _configured(result: Configured) -> Message:
    mode = result.application.settings.mode
    return Message(f"{program_name(result.application)} as {mode}, C compiler {result.toolchain.name}")


@describe.register(ConvertedModels)
def _converted(result: ConvertedModels) -> Message:
    models = ", ".join(f"{model.destination} ({_model_size(model.size)})" for model in result.models)
    how = f", {result.precision}, converted by {result.by}" if result.by else ", not converted"
    return Message(models + how)


@describe.register(Traced)
def _traced(result: Traced) -> Message:
    count, modules = len(result.application.samples), len(result.footprint.modules)
    if not count:
        return Message(
            f"no sample: what the program imports while it runs is unknown; {GIVE_SAMPLE}", is_warning=True
        )
    text = f"{count_noun(count, 'sample')}, {count_noun(modules, 'module')} loaded"
    converted, agreement = result.converted, result.agreement
    if converted is None or not converted.by:
        return Message(text)
    if agreement is None:
        return Message(text, warnings=(describe_unchecked(converted),))
    unfed = agreement.unfed
    warnings = (f"accuracy of {', '.join(unfed)} was not checked: no sample ran it",) if unfed else ()
    return Message(f"{text}; {describe_accuracy(converted, agreement)}", warnings=warnings)


@describe.register(BuildPlan)
def _planned(result: BuildPlan) -> Message:
    compiled = sum(placement.compiled for placement in result.placements)
    size = sum(file.size for file in result.files)
    unwanted = len(result.unused_optional)
    text = (
        f"{compiled} of {count_noun(len(result.placements), 'module')} compiled to C; "
        f"{count_noun(len(result.distributions), 'package')} ({count_noun(len(result.files), 'file')}, "
        f"{size / 1e6:,.0f} MB) bundled"
    )
    if unwanted:
        text += f"; {count_noun(unwanted, 'package')} loaded by the samples but not needed"
    return Message(text, warnings=missing_libraries(result))


def missing_libraries(planned: BuildPlan) -> tuple[str, ...]:
    """The system libraries that this machine lacks, such as those of a plug-in of Qt.

    On Windows the stage *package* finds them.
    """
    if host.IS_WINDOWS or not planned.missing_libraries:
        return ()
    shown = abbreviate([f"{library} (required by {file})" for library, file in planned.missing_libraries])
    return (f"not found on this machine: {shown}; the files that require them do not load here either",)


@describe.register(CompiledAndBundled)
def _compiled(result: CompiledAndBundled) -> Message:
    reused = (
        "bundled files unchanged since the last build" if result.layer.reused else "bundled files laid out"
    )
    changed = tuple(
        f"{file} is not the version that tf2exe knows; see `tf2exe explain {file}`"
        for file in result.layer.unmatched
    )
    modules = len(result.compiled.modules)
    if not modules:
        return Message(
            f"no module of the program is compiled to C: `tf2exe explain __main__` says why; {reused}",
            is_warning=True,
        )
    return Message(f"{count_noun(modules, 'module')} compiled; {reused}", warnings=changed)


@describe.register(Packaged)
def _packaged(result: Packaged) -> Message:
    return Message(
        f"{result.package.size / 1e6:,.1f} MB, {count_noun(len(result.package.files), 'file')}",
        warnings=tuple(missing_dlls.report_missing(result.missing)),
    )


@describe.register(Verified)
def _verified(result: Verified) -> Message:
    if result.parity is not None:
        return Message(describe_matches(result.parity.comparisons))
    return not_compared(result.samples)


def not_compared(samples: int) -> Message:
    """Verification was left out by the user, or there are no samples to verify with."""
    why, remedy = (
        ("--no-verify", "build again without it") if samples else ("there is no sample", GIVE_SAMPLE)
    )
    return Message(f"the executable was not compared with Python: {why}; {remedy}", is_warning=True)


@describe.register(Path)
def _written(result: Path) -> Message:
    return Message(shown_path(result))


def describe_matches(comparisons: Iterable[Comparison]) -> str:
    """How many samples match Python, and which differences are ignored."""
    found = list(comparisons)
    same = sum(comparison.same for comparison in found)
    verb = "matches" if same == 1 else "match"
    labels = {rule.name: rule.label for rule in read_volatile_rules() if rule.label}
    masked = sorted({labels.get(name, name) for comparison in found for name in comparison.masked})
    ignored = f" (ignored run-to-run differences: {', '.join(masked)})" if masked else ""
    return f"{same} of {count_noun(len(found), 'sample')} {verb} Python{ignored}"


def describe_accuracy(converted: ConvertedModels, agreement: Agreement | None) -> str:
    """How far converted models agree with the originals."""
    if not converted.by:
        return f"{converted.runtime} uses the models as they are"
    if agreement is None:
        return describe_unchecked(converted)
    return f"{converted.precision} model against the original: {agreement}"


def describe_unchecked(converted: ConvertedModels) -> str:
    """The warning that no sample ran a converted model."""
    return f"accuracy of the converted {converted.precision} model was not checked: no sample ran it"


def program_name(application: Application) -> str:
    """The program as the user names it."""
    entry = application.entry
    return shown_path(Path(entry.target)) if entry.kind == "script" else entry.target


def _model_size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= SMALL_MODEL else f"{size / 1e3:.1f} kB"
