"""A pytest plugin for skipped tests: skips those that take long, and says why tests were skipped.

`--expected-skips FILE` fails the run on a skip that no entry of the file covers, and gives notice of an entry
whose tests are no longer skipped. See tests/expected_skips.toml.
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
    """A test, or a file of tests, that was skipped.

    Attributes:
        test: Its node id.
        message: Why, as the test says.
    """

    test: str
    message: str


@dataclass(frozen=True)
class Expected:
    """An entry of the file.

    Attributes:
        tests: A pattern of node ids; `*` also covers slashes.
        message: A pattern of the skip's message.
        reason: Why CI cannot run them.
    """

    tests: str
    message: str
    reason: str

    def covers(self, skip: Skip) -> bool:
        """Whether the entry allows the skip."""
        return _matches(skip.test, self.tests) and _matches(skip.message, self.message)


def _matches(text: str, pattern: str) -> bool:
    """As `fnmatch`, but brackets, which node ids of parameters have, are themselves."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def read(file: Path) -> list[Expected]:
    """The entries of a file.

    Raises:
        pytest.UsageError: The file cannot be read, or an entry has other keys.
    """
    try:
        return [Expected(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["skip"]]
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise pytest.UsageError(f"{OPTION} {file}: {error!r}") from error


class SkipReport:
    """Collects skips, and judges them at the end of the run.

    Attributes:
        expected: The entries that allow skips; None allows every skip.
        ran: Node ids of all tests and files that were reported.
        skips: What was skipped.
    """

    def __init__(self, expected: Sequence[Expected] | None) -> None:
        self.expected = expected
        self.ran: set[str] = set()
        self.skips: list[Skip] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes note of a phase of a test; an expected failure also counts as skipped for pytest."""
        self._add(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Takes note of a file that is skipped as a whole."""
        if report.skipped:
            self._add(report)

    def _add(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        self.ran.add(report.nodeid)
        if report.skipped and not hasattr(report, "wasxfail"):
            message = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skips.append(Skip(report.nodeid, message.removeprefix("Skipped: ")))

    def unexpected(self) -> list[Skip]:
        """Skips that no entry allows."""
        if self.expected is None:
            return []
        return [skip for skip in self.skips if not any(entry.covers(skip) for entry in self.expected)]

    def unused(self) -> list[Expected]:
        """Entries whose tests ran and were not skipped."""
        return [
            entry
            for entry in self.expected or ()
            if any(_matches(test, entry.tests) for test in self.ran)
            and not any(entry.covers(skip) for skip in self.skips)
        ]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fails the run."""
        good = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        if self.unexpected() and session.exitstatus in good:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the line, and what CI does not allow."""
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
    """Watches where the results come together: not in a worker."""
    if not hasattr(config, "workerinput"):
        file: Path | None = config.getoption(OPTION)
        config.pluginmanager.register(SkipReport(None if file is None else read(file)), "skip-report")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests that take long, before another reason is found to skip them."""
    if os.environ.get("TF2EXE_TESTS") == "long":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes long: TF2EXE_TESTS=long runs it"))
