"""A pytest plugin that skips long tests and reports why tests were skipped.

With `--expected-skips FILE`, a skip that no entry of the file covers fails the run. An entry whose tests are
no longer skipped is reported as a notice. See tests/expected_skips.toml.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

OPTION = "--expected-skips"


@dataclass(frozen=True)
class Skip:
    """A skipped test, or a skipped file.

    Attributes:
        test: Its node id.
        message: The reason that the test gives.
    """

    test: str
    message: str


@dataclass(frozen=True)
class ExpectedSkip:
    """An entry of the file of expected skips.

    Attributes:
        tests: A pattern of node ids; `*` also matches slashes.
        message: A pattern of the skip's message.
        reason: Why CI cannot run these tests.
    """

    tests: str
    message: str
    reason: str

    def covers(self, skip: Skip) -> bool:
        """Whether the entry allows the skip."""
        return _matches(skip.test, self.tests) and _matches(skip.message, self.message)


def _matches(text: str, pattern: str) -> bool:
    """As `fnmatch`, except that brackets, which are part of node ids, stand for themselves."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def read_expected_skips(file: Path) -> list[ExpectedSkip]:
    """Reads the entries of a file.

    Raises:
        pytest.UsageError: The file cannot be read, or an entry has other keys.
    """
    try:
        return [ExpectedSkip(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["skip"]]
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise pytest.UsageError(f"{OPTION} {file}: {error!r}") from error


class SkipReport:
    """Collects skips and compares them with the expected ones at the end of the run.

    Attributes:
        expected: The expected skips; None allows every skip.
        ran: The node ids of all reported tests and files.
        skips: The skipped tests and files.
    """

    def __init__(self, expected: Sequence[ExpectedSkip] | None) -> None:
        self.expected = expected
        self.ran: set[str] = set()
        self.skips: list[Skip] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Records a phase of a test. To pytest, an expected failure is also skipped."""
        self._record(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Records a file that is skipped as a whole."""
        if report.skipped:
            self._record(report)

    def _record(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        self.ran.add(report.nodeid)
        if report.skipped and not hasattr(report, "wasxfail"):
            message = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skips.append(Skip(report.nodeid, message.removeprefix("Skipped: ")))

    def unexpected(self) -> list[Skip]:
        """Skips that no entry allows."""
        if self.expected is None:
            return []
        return [skip for skip in self.skips if not any(entry.covers(skip) for entry in self.expected)]

    def unused(self) -> list[ExpectedSkip]:
        """Entries whose tests ran and were not skipped."""
        return [
            entry
            for entry in self.expected or ()
            if any(_matches(test, entry.tests) for test in self.ran)
            and not any(entry.covers(skip) for skip in self.skips)
        ]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fails the run if a skip is not expected."""
        good = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        if self.unexpected() and session.exitstatus in good:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the reasons for skips in one line, unused entries, and unexpected skips."""
        if self.skips:
            counts = Counter(skip.message for skip in self.skips).most_common()
            line = "; ".join(f"{count} x {message}" for message, count in counts)
            terminalreporter.write_line(f"skipped: {line}")
        for entry in self.unused():
            line = f"notice: no longer skipped: {entry.tests} ({entry.message})"
            terminalreporter.write_line(line, yellow=True)
        for skip in self.unexpected():
            terminalreporter.write_line(f"unexpected skip: {skip.test}: {skip.message}", red=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption(OPTION, type=Path, metavar="FILE", help="fail on a skipped test that FILE does not list")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the report in the main process, which receives the results of all workers."""
    if not hasattr(config, "workerinput"):
        file: Path | None = config.getoption(OPTION)
        config.pluginmanager.register(
            SkipReport(None if file is None else read_expected_skips(file)), "skip-report"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips long tests. Runs first, so that no plugin gives another reason for skipping them."""
    if os.environ.get("TF2EXE_TESTS") == "long":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes long: TF2EXE_TESTS=long runs it"))
