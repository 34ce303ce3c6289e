"""Fixtures: small programs for Windows in each form, and a session in Wine that runs them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain import wine
from tf2exe.cross.toolchain.location import CrossToolchain, user_toolchain
from windows_session import OwnPrefix, WindowsSession, build_habits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from executables import Builder

HERE = Path(__file__).resolve().parent

MESSAGES = '\n[Software\\\\Wine\\\\Drivers]\n"Graphics"="null"\n'
"""A setting of Wine: without a display, windows exist but are not shown."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("windows")
            item.add_marker("long")


@pytest.fixture(scope="session")
def own_prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrossToolchain]:
    """The toolchain with a separate prefix, for settings and network shares. Drive C: is shared."""
    found, prefix = user_toolchain(), tmp_path_factory.mktemp("wine") / "prefix"
    (prefix / "dosdevices" / "unc" / "server").mkdir(parents=True)
    for path in found.prefix.glob("*.reg"):
        shutil.copy(path, prefix)
    with (prefix / "user.reg").open("a", encoding="utf-8") as settings:
        settings.write(MESSAGES)
    (prefix / ".update-timestamp").write_text("disable\n", encoding="ascii")
    (prefix / "drive_c").symlink_to(found.prefix / "drive_c")
    (prefix / "dosdevices" / "c:").symlink_to("../drive_c")
    (prefix / "dosdevices" / "z:").symlink_to("/")
    (prefix / "dosdevices" / "unc" / "server" / "share").symlink_to("/")
    toolchain = OwnPrefix(found.folder, prefix)
    with wine.keep_server_running(toolchain):
        yield toolchain
    wine.stop_server(toolchain)


@pytest.fixture
def windows(own_prefix: CrossToolchain, tmp_path: Path) -> WindowsSession:
    folder, local = tmp_path / "desk", tmp_path / "Üser ☕" / "AppData" / "Local"
    folder.mkdir()
    local.mkdir(parents=True)
    return WindowsSession(own_prefix, folder, local)


@pytest.fixture(scope="session")
def folder(builder: Builder) -> Path:
    return build_habits(builder, "habits", "--mode", "standalone") / "habits" / "habits.exe"


@pytest.fixture(scope="session")
def single(builder: Builder) -> Path:
    return build_habits(builder, "habits", "--mode", "onefile") / "habits.exe"


@pytest.fixture(scope="session")
def windowed(builder: Builder) -> Path:
    return build_habits(builder, "windowed", "--mode", "onefile", "--no-console") / "windowed.exe"


@pytest.fixture(
    params=[
        pytest.param("folder", marks=pytest.mark.makes("windows habits standalone", seconds=70)),
        pytest.param("single", marks=pytest.mark.makes("windows habits onefile", seconds=80)),
    ]
)
def program(request: pytest.FixtureRequest) -> Path:
    """The program in either form, with a console."""
    path: Path = request.getfixturevalue(request.param)
    return path
