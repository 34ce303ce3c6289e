"""Small programs for Windows in each form, and a user who starts them; see tests/programs/windows_user."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.toolchain import wine
from tf2exe.toolchain.place import Place, place, windows_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.build.conftest import Builder

    Order = dict[str, Any]

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parents[1] / "programs" / "windows_habits" / "run.py"
USER = HERE.parents[1] / "programs" / "windows_user" / "user.py"
ICON = HERE.parents[2] / "assets" / "icon.ico"
RESOURCES = {
    "--company": "Beispiel & Söhne",
    "--product": "Habits of Windows",
    "--product-version": "1.4.2",
    "--copyright": "© 2026 Beispiel",
    "--description": "Tells what it finds",
}
SAMPLES = [
    "--sample=texts ü",
    "--sample=where",
    "--sample=streams",
    "--sample=glob *.py",
    "--sample=child cmd /c ver",
]

MESSAGES = '\n[Software\\\\Wine\\\\Drivers]\n"Graphics"="null"\n'
"""A setting of Wine: without a display there are windows all the same, which nobody sees."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("windows")
            item.add_marker("long")


@dataclass(frozen=True)
class Desk:
    """Where the user of Windows programs sits.

    Attributes:
        place: the toolchain, with a prefix of its own.
        folder: an empty one.
        local: what is LOCALAPPDATA.
    """

    place: Place
    folder: Path
    local: Path

    def ask(self, *orders: Order) -> list[Any]:
        """The answers to orders, see tests/programs/windows_user."""
        for order in orders:
            order["env"] = {"LOCALAPPDATA": windows_path(self.local), **order.get("env", {})}
            order.setdefault("cwd", windows_path(self.folder))
        listed, answered = self.folder.parent / "orders.json", self.folder.parent / "answers.json"
        listed.write_text(json.dumps(orders), encoding="utf-8")
        answered.unlink(missing_ok=True)
        python = str(self.place.python / "python.exe")
        done = wine.run(self.place, [python, str(USER), str(listed), str(answered)], cwd=self.folder.parent)
        assert done.exit_code == 0, done.stderr.decode()
        found: list[Any] = json.loads(answered.read_text(encoding="utf-8"))
        return found

    def answer(self, program: Path | str, *words: str, **more: Any) -> Any:  # noqa: ANN401 - what it tells
        """What the program tells, which must be all that it says."""
        (said,) = self.ask(self.order(program, *words, **more))
        assert (said["code"], said["stderr"]) == (0, ""), said
        return json.loads(said["stdout"])

    @staticmethod
    def order(program: Path | str, *words: str, **more: Any) -> Order:  # noqa: ANN401 - JSON
        name = windows_path(program) if isinstance(program, Path) else program
        return {"command": [name, *words], **more}

    def in_python(self, *words: str, **more: Any) -> Order:  # noqa: ANN401 - JSON
        """The same program in the Windows Python."""
        return self.order(
            self.place.python / "python.exe", "-I", "-X", "utf8", windows_path(PROGRAM), *words, **more
        )

    @staticmethod
    def copied(program: Path, target: Path) -> Path:
        """The program elsewhere, and under another name; in mode standalone with its folder."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if (program.parent / "lib").is_dir():
            shutil.copytree(program.parent, target.parent, dirs_exist_ok=True, copy_function=os.link)
            return (target.parent / program.name).rename(target)
        return Path(shutil.copy(program, target))

    @staticmethod
    def state(folder: Path) -> dict[str, tuple[int, int]]:
        """Size and time of each file."""
        found = {path: path.lstat() for path in folder.rglob("*")}
        return {str(path): (status.st_size, status.st_mtime_ns) for path, status in found.items()}


@pytest.fixture(scope="session")
def own_prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The toolchain with settings and shares of these tests; drive C: is the toolchain's."""
    found, prefix = place(), tmp_path_factory.mktemp("wine") / "prefix"
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
    own = OwnPrefix(found.folder, prefix)
    with wine.warm_server(own):
        yield own
    wine.end_server(own)


@dataclass(frozen=True)
class OwnPrefix(Place):
    """The toolchain with another prefix."""

    own: Path

    @property
    def prefix(self) -> Path:
        return self.own


@pytest.fixture
def desk(own_prefix: Place, tmp_path: Path) -> Desk:
    folder, local = tmp_path / "desk", tmp_path / "Üser ☕" / "AppData" / "Local"
    folder.mkdir()
    local.mkdir(parents=True)
    return Desk(own_prefix, folder, local)


def built(builder: Builder, name: str, *options: str) -> Path:
    """The folder that holds the executable, of the bundled small program."""

    def build(folder: Path) -> None:
        shutil.copy(PROGRAM, folder)
        resources = [part for pair in RESOURCES.items() for part in pair]
        command = ["build", PROGRAM.name, "--name", name, "--target", "windows-x86_64", "--icon", str(ICON)]
        answer = builder.tf2exe(*command, *resources, *SAMPLES, *options, cwd=folder)
        assert answer.exit_code == 0, answer.stderr.decode()[-2000:]

    return builder.once.make(f"windows {name} {options}", build) / "dist" / "windows-x86_64"


@pytest.fixture(scope="session")
def folder(builder: Builder) -> Path:
    return built(builder, "habits", "--mode", "standalone") / "habits" / "habits.exe"


@pytest.fixture(scope="session")
def single(builder: Builder) -> Path:
    return built(builder, "habits", "--mode", "onefile") / "habits.exe"


@pytest.fixture(scope="session")
def windowed(builder: Builder) -> Path:
    return built(builder, "windowed", "--mode", "onefile", "--no-console") / "windowed.exe"


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
