"""A user of Windows programs under Wine, who starts a small program; see tests/programs/windows_user."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from executables import CHECKOUT, PROGRAMS
from tf2exe.cross.toolchain import wine
from tf2exe.cross.toolchain.location import CrossToolchain, windows_path

if TYPE_CHECKING:
    from executables import Builder

    Order = dict[str, Any]

PROGRAM = PROGRAMS / "windows_habits" / "run.py"
USER = PROGRAMS / "windows_user" / "user.py"
ICON = CHECKOUT / "assets" / "icon.ico"
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


@dataclass(frozen=True)
class Desk:
    """Where the user of Windows programs sits.

    Attributes:
        place: the toolchain, with a prefix of its own.
        folder: an empty one.
        local: what is LOCALAPPDATA.
    """

    place: CrossToolchain
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


@dataclass(frozen=True)
class OwnPrefix(CrossToolchain):
    """The toolchain with another prefix."""

    own: Path

    @property
    def prefix(self) -> Path:
        return self.own


def built(builder: Builder, name: str, *options: str) -> Path:
    """The folder that holds the executable, of the bundled small program."""

    def build(folder: Path) -> None:
        shutil.copy(PROGRAM, folder)
        resources = [part for pair in RESOURCES.items() for part in pair]
        command = ["build", PROGRAM.name, "--name", name, "--target", "windows-x86_64", "--icon", str(ICON)]
        answer = builder.tf2exe(*command, *resources, *SAMPLES, *options, cwd=folder)
        assert answer.exit_code == 0, answer.stderr.decode()[-2000:]

    return builder.once.make(f"windows {name} {options}", build) / "dist" / "windows-x86_64"
