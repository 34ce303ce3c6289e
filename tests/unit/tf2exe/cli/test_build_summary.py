from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.cli.build_summary import format_command, summarise_build
from tf2exe.package.stage import Package
from tf2exe.plan.stage import plan
from tf2exe.report.results import Outcome, Traced
from tf2exe.system.file_tree import FileDigest
from tf2exe.verify.compare import Comparison
from tf2exe.verify.stage import Parity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.report.stage import Report
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

RUN = {"run.py": "print(1)", "photo one.png": "x"}
PARITY = Parity((Comparison("sample", None, ("address",)),), (), (1.0,), (7.25,))


def outcome(
    application: Application, footprint: Footprint, report: Report, found: Parity | None = None
) -> Outcome:
    path = application.output / application.name
    single = application.settings.mode == "onefile"
    files = (
        (FileDigest("a", 200_000_000, ""), FileDigest("b", 62_000_000, ""))
        if single
        else (FileDigest("a", 1, ""),)
    )
    if not single:
        path.mkdir(parents=True)
    package = Package(path, application.settings.mode, 109_400_000, "a0" * 32, files)
    seconds = {"trace": 2.0, "plan": 0.01}
    planned = plan(application, footprint)
    log = application.build / "build.log"
    traced = Traced(application, footprint)
    return Outcome(traced, planned, package, found, seconds, report, log)


def test_the_end_says_how_to_run_it_and_where_the_reports_are(
    project: Project,
    footprint: MakeFootprint,
    report: Report,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    application = project(RUN, entry="run.py", samples=["--image='photo one.png' -v"])
    facts = dict(summarise_build(outcome(application, footprint(), report, PARITY)))
    assert facts["executable"] == str(Path("dist/run"))
    assert facts["size"] == "109.4 MB"
    assert facts["parity"] == (
        "1 of 1 sample matches Python (ignored run-to-run differences: memory addresses)"
    )
    assert facts["took"] == "2.0 s (trace 2.0)"
    assert facts["report"] == str(Path("build/run/report.json"))
    assert facts["log"] == str(Path("build/run/build.log"))
    assert facts["first start"] == (
        "unpacks 262 MB once into the user's cache folder (7.2 s with the first sample here); "
        "later starts run from there"
    )
    if sys.platform == "linux":
        assert facts["runs on"].endswith("with glibc 2.28 or newer")
        assert facts["run it"] == "dist/run '--image=photo one.png' -v"


@pytest.mark.skipif(sys.platform == "win32", reason="quotes as a shell of POSIX")
def test_the_command_works_from_another_folder(
    project: Project,
    footprint: MakeFootprint,
    report: Report,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    sample = {"arguments": ["photo one.png"], "stdin": "photo one.png"}
    application = project(RUN, entry="run.py", mode="standalone", samples=[sample])
    facts = dict(summarise_build(outcome(application, footprint(), report)))
    photo = f"'{tmp_path / 'photo one.png'}'"
    assert facts["run it"] == f"{tmp_path / 'dist/run/run'} {photo} < {photo}"
    assert facts["size"] == "109.4 MB in 1 file"
    assert facts["parity"] == "not checked: verification was left out by --no-verify"
    assert "first start" not in facts
    monkeypatch.chdir(tmp_path / "dist/run")
    built = outcome_at(application, footprint())
    assert built.program is not None
    assert format_command(built).startswith("./run ")


def outcome_at(application: Application, footprint: Footprint) -> Outcome:
    path = application.output / application.name
    package = Package(path, "standalone", 1, "", ())
    planned = plan(application, footprint)
    return Outcome(Traced(application, footprint), planned, package, None, {}, None, application.build)
