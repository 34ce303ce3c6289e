from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from launcher_bench import make_bench
from tf2exe.config.settings import VersionInfo
from tf2exe.config.stage import load_application
from tf2exe.knowledge.volatile_rules import read_volatile_rules
from tf2exe.report.stage import ParityResult, Report, SampleResult, UsedCompiler, UsedSetting
from tf2exe.samples.runner import RunResult
from tf2exe.trace.footprint import Footprint
from tf2exe.verify.compare import Comparison, Substituted, compare_results
from tf2exe.verify.normalize import Substitutions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from launcher_bench import Bench
    from tf2exe.config.application import Application
    from tf2exe.knowledge.volatile_rules import VolatileRule

# A busy machine must not fail a test, and a run leaves nothing behind.
settings.register_profile("tf2exe", deadline=None, database=None)
settings.load_profile("tf2exe")


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """Real onefile launchers, compiled once per session."""
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("compiles and runs Linux executables")
    root = Path(tempfile.mkdtemp(prefix="tf2exe-test-"))
    root.chmod(0o755)
    yield make_bench(root)
    shutil.rmtree(root)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The cache folder that a onefile of a test unpacks into."""
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def is_root() -> bool:
    """Whether the tests run as root."""
    return os.geteuid() == 0


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Application]:
    """Writes the files of a program and reads its settings as `tf2exe build` does in its folder."""

    def make(files: dict[str, str], **given: Any) -> Application:  # noqa: ANN401 - settings of any type
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_application(
            None, {key.replace("_", "-"): value for key, value in given.items()}, tmp_path
        )

    return make


@pytest.fixture
def footprint() -> Callable[..., Footprint]:
    """A footprint that is empty but for what is given."""

    def make(**given: Any) -> Footprint:  # noqa: ANN401 - fields of any type
        names = ("modules", "executed", "opened", "read_as_source", "libraries", "results")
        return Footprint(**{name: tuple(given.get(name, ())) for name in names})

    return make


@pytest.fixture
def answer() -> Callable[..., RunResult]:
    """What a run of a sample gave, from its standard output on."""

    def make(
        stdout: str = "",
        stderr: str = "",
        exit_code: int = 0,
        files: tuple[tuple[str, str], ...] = (),
        folder: str = "/work/folder",
    ) -> RunResult:
        return RunResult("sample", exit_code, stdout.encode(), stderr.encode(), files, Path(folder), 1.0)

    return make


@pytest.fixture
def report() -> Report:
    """What a build of a small program reports."""
    return Report(
        name="run",
        entry="run.py",
        date="2026-12-01T12:00:00+0000",
        executable="dist/run",
        mode="onefile",
        runtime="tensorflow",
        models=None,
        target="linux-x86_64",
        size=109_400_000,
        files=2,
        sha256="a0" * 32,
        minimum_glibc="2.28",
        seconds={"plan": 0.01},
        versions={"tf2exe": "0.1.0"},
        compiler=UsedCompiler(name="gcc", reason="found"),
        compiled=("__main__",),
        reused_layer=False,
        unmatched_patches=(),
        settings=(UsedSetting(key="exclude", value="['a']", origin="pyproject.toml"),),
        version_info=VersionInfo(),
        parity=ParityResult(
            same=True,
            samples=(
                SampleResult(
                    name="one", same=True, masked=("address",), python_seconds=1.0, executable_seconds=0.5
                ),
            ),
        ),
    )


@pytest.fixture(scope="session")
def compare() -> Callable[..., Comparison]:
    """Compares results without paths to replace; Python runs again only where a test gives ``run_again``."""

    def never() -> RunResult:
        pytest.fail("Python ran again although no rule explains the difference")

    def make(
        python: Sequence[RunResult],
        executable: RunResult,
        *,
        run_again: Callable[[], RunResult] = never,
        rules: Sequence[VolatileRule] | None = None,
    ) -> Comparison:
        rules = read_volatile_rules() if rules is None else rules
        nothing = Substitutions((), (), ())
        substituted = Substituted(python=lambda _: nothing, executable=lambda _: nothing)
        return compare_results(python, executable, substituted=substituted, rules=rules, run_again=run_again)

    return make
