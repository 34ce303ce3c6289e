"""A pytest plugin that runs tests in two workers and starts long builds first."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

WORKERS = 2
BUILD = "tests/build/"

# A shell starts background jobs with SIGINT ignored, and the programs that tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Uses two workers, unless `-n` is given or only named tests or files of unit tests are selected."""
    option = config.option
    if not config.pluginmanager.hasplugin("xdist") or "PYTEST_XDIST_WORKER" in os.environ:
        return
    named = all("::" in argument or _is_unit_file(argument) for argument in config.args)
    if option.numprocesses is None and not (named or option.usepdb or option.collectonly):
        option.numprocesses = WORKERS
    if option.numprocesses:
        option.dist = "loadscope"
        option.loadscopereorder = False


def _is_unit_file(argument: str) -> bool:
    path = Path(argument).resolve()
    return path.suffix == ".py" and path.parent.name != "build"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:  # noqa: ANN401
    """Sends each test of executables to a free worker, and each file of unit tests to one worker."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - xdist is optional

    class ByFileOrBuild(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(BUILD) else nodeid.partition("::")[0]

    return ByFileOrBuild(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts: the first test of each long build, longest first; other tests of executables; unit tests.

    So a worker rarely waits for a build of the other worker, and short tests keep both busy at the end.
    """
    made = set()

    def rank(item: pytest.Item) -> tuple[int, float]:
        mark = item.get_closest_marker("makes")
        runs = item.get_closest_marker("skip") is None
        if runs and mark is not None and mark.args[0] not in made:
            made.add(mark.args[0])
            return 0, -mark.kwargs["seconds"]
        return (1 if item.nodeid.startswith(BUILD) else 2), 0

    items.sort(key=rank)
