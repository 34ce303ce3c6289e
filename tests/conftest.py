"""How the tests are shared out: two at a time, the long builds first."""

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

# What a shell starts in the background ignores interruptions, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """More than a file of unit tests or a named test is run by two workers, unless `-n` says otherwise."""
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
    """Tests of executables go one by one to whoever is free; a file of unit tests stays together."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - without xdist nobody calls this

    class ByFileOrBuild(LoadScopeScheduling):  # type: ignore[misc] # no types without xdist
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(BUILD) else nodeid.partition("::")[0]

    return ByFileOrBuild(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test of each long build starts early, the longest first; then the others, unit tests at last.

    So no worker waits long for what the other one builds, and the short tests fill the end. Tests that take
    long are skipped unless they are asked for.
    """
    if os.environ.get("TF2EXE_TESTS") != "long":
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes long: TF2EXE_TESTS=long runs it"))
    made = set()

    def rank(item: pytest.Item) -> tuple[int, float]:
        mark = item.get_closest_marker("makes")
        if mark is not None and mark.args[0] not in made:
            made.add(mark.args[0])
            return 0, -mark.kwargs["seconds"]
        return (1 if item.nodeid.startswith(BUILD) else 2), 0

    items.sort(key=rank)
