"""The end of `tf2exe build`: the result, the command to run it, and the files to read."""

from __future__ import annotations

import os
import shlex
import subprocess  # noqa: TID251 - quotes a command line
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cli.build_messages import describe_accuracy, describe_matches
from tf2exe.cli.text import count_noun, shown_path
from tf2exe.config.application import path_in_argument
from tf2exe.system import host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.config.application import Sample
    from tf2exe.config.target import Target
    from tf2exe.report.results import Outcome


def summarise_build(outcome: Outcome) -> list[tuple[str, str]]:
    """The end of a build: the result, the command to run it, and the files to read."""
    if outcome.program is None or outcome.package is None or outcome.report is None:
        return []
    built, single = outcome.package, outcome.package.mode == "onefile"
    found = [
        ("executable", shown_path(outcome.program)),
        ("runs on", describe_platform(outcome.application.target, outcome.report.minimum_glibc)),
        (
            "size",
            f"{built.size / 1e6:,.1f} MB" + ("" if single else f" in {count_noun(len(built.files), 'file')}"),
        ),
        ("SHA-256", built.sha256 + ("" if single else " (of the manifest)")),
        ("parity", describe_parity(outcome)),
    ]
    if outcome.traced.converted:
        found.append(("models", describe_accuracy(outcome.traced.converted, outcome.traced.agreement)))
    found.append(("took", describe_durations(outcome.seconds)))
    found.append(("report", shown_path(outcome.report_file)))
    found.append(("log", shown_path(outcome.log)))
    found.append(("run it", format_command(outcome)))
    if single:
        found.append(("first start", describe_first_start(outcome)))
    return found


def describe_platform(target: Target, minimum_glibc: str) -> str:
    """The systems that the executable runs on."""
    system, _, architecture = target.name.partition("-")
    glibc = f" with glibc {minimum_glibc} or newer" if minimum_glibc else ""
    return f"{system.capitalize()} {architecture}{glibc}"


def describe_parity(outcome: Outcome) -> str:
    """How far the executable matches Python."""
    if outcome.parity is not None:
        return describe_matches(outcome.parity.comparisons)
    why = "verification was left out by --no-verify" if outcome.application.samples else "there is no sample"
    return f"not checked: {why}"


def describe_durations(seconds: dict[str, float]) -> str:
    """The time of the build and of its longer stages."""
    stages = ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items() if value >= 0.05)  # noqa: PLR2004 - shown as 0.0
    return f"{sum(seconds.values()):.1f} s ({stages})"


def describe_first_start(outcome: Outcome) -> str:
    """The work of the first start of a onefile."""
    if outcome.package is None:
        return ""
    size = sum(file.size for file in outcome.package.files)
    took = ""
    if outcome.parity and outcome.parity.executable_seconds:
        took = f" ({outcome.parity.executable_seconds[0]:.1f} s with the first sample here)"
    return (
        f"unpacks {size / 1e6:,.0f} MB once into the user's cache folder{took}; later starts run from there"
    )


def format_command(outcome: Outcome) -> str:
    """A command line that runs the executable: with the arguments of the first sample, where there is one."""
    if outcome.program is None:
        return ""
    program = shown_path(outcome.program)
    if not Path(program).is_absolute() and os.sep not in program:
        program = os.path.join(os.curdir, program)  # noqa: PTH118 - pathlib drops the dot
    sample = next(iter(outcome.application.samples), None)
    words = [program, *(_arguments(sample) if sample else ())]
    text = subprocess.list2cmdline(words) if host.IS_WINDOWS else shlex.join(words)
    return text + (f" < {shlex.quote(shown_path(sample.stdin))}" if sample and sample.stdin else "")


def _arguments(sample: Sample) -> Iterable[str]:
    """A sample's arguments, with files named as seen from the current folder."""
    files = {name: source for source, name in sample.inputs}
    for argument in sample.arguments:
        name = path_in_argument(argument)
        source = files.get(name)
        if source is None or Path(name).absolute() == source.absolute():
            yield argument
        else:
            yield argument.removesuffix(name) + shown_path(source)
