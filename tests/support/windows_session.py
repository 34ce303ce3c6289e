"""Runs a small Windows program under Wine as a user does; see tests/programs/windows_user."""

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

    Request = dict[str, Any]

PROGRAM = PROGRAMS / "windows_habits" / "run.py"
USER = PROGRAMS / "windows_user" / "user.py"
ICON = CHECKOUT / "assets" / "icon.ico"
RESOURCES = {
    "--company": "Beispiel & Söhne",
    "--product": "Habits of Windows",
    "--product-version": "1.4.2",
    "--copyright": "© 2026 Beispiel",
    "--description": "Prints what it finds",
}
SAMPLES = [
    "--sample=texts ü",
    "--sample=where",
    "--sample=streams",
    "--sample=glob *.py",
    "--sample=child cmd /c ver",
]


@dataclass(frozen=True)
class WindowsSession:
    """A user's session in Wine.

    Attributes:
        toolchain: The toolchain with a separate prefix.
        folder: The current folder of programs; empty at first.
        local: The value of LOCALAPPDATA.
    """

    toolchain: CrossToolchain
    folder: Path
    local: Path

    def run(self, *requests: Request) -> list[Any]:
        """Carries out requests, see tests/programs/windows_user; returns their results."""
        for request in requests:
            request["env"] = {"LOCALAPPDATA": windows_path(self.local), **request.get("env", {})}
            request.setdefault("cwd", windows_path(self.folder))
        work = self.folder.parent
        written, read = work / "requests.json", work / "results.json"
        written.write_text(json.dumps(requests), encoding="utf-8")
        read.unlink(missing_ok=True)
        command = [str(self.toolchain.python / "python.exe"), str(USER), str(written), str(read)]
        done = wine.run(self.toolchain, command, cwd=work)
        assert done.exit_code == 0, done.stderr.decode()
        results: list[Any] = json.loads(read.read_text(encoding="utf-8"))
        assert len(results) == len(requests)
        return results

    def run_json(self, program: Path | str, *words: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
        """Runs a program that prints JSON and nothing else; returns the JSON."""
        (result,) = self.run(self.request(program, *words, **more))
        assert (result["code"], result["stderr"]) == (0, ""), result
        return json.loads(result["stdout"])

    @staticmethod
    def request(program: Path | str, *words: str, **more: Any) -> Request:  # noqa: ANN401 - JSON
        """The request to run a program."""
        name = windows_path(program) if isinstance(program, Path) else program
        return {"command": [name, *words], **more}

    def python_request(self, *words: str, **more: Any) -> Request:  # noqa: ANN401 - JSON
        """The request to run the small program in Python for Windows."""
        return self.request(
            self.toolchain.python / "python.exe", "-I", "-X", "utf8", windows_path(PROGRAM), *words, **more
        )

    @staticmethod
    def copy_program(program: Path, target: Path) -> Path:
        """Copies a program under another name; in mode standalone, with its folder."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if (program.parent / "lib").is_dir():
            shutil.copytree(program.parent, target.parent, dirs_exist_ok=True, copy_function=os.link)
            return (target.parent / program.name).rename(target)
        return Path(shutil.copy(program, target))

    @staticmethod
    def file_states(folder: Path) -> dict[str, tuple[int, int]]:
        """Size in bytes and time in nanoseconds of each file."""
        found = {path: path.lstat() for path in folder.rglob("*")}
        return {str(path): (status.st_size, status.st_mtime_ns) for path, status in found.items()}


@dataclass(frozen=True)
class OwnPrefix(CrossToolchain):
    """The toolchain with another prefix."""

    prefix_folder: Path

    @property
    def prefix(self) -> Path:
        return self.prefix_folder


def build_habits(builder: Builder, name: str, *options: str) -> Path:
    """Builds the small program once per session; returns the folder of the executable."""

    def build(folder: Path) -> None:
        shutil.copy(PROGRAM, folder)
        resources = [part for pair in RESOURCES.items() for part in pair]
        command = ["build", PROGRAM.name, "--name", name, "--target", "windows-x86_64", "--icon", str(ICON)]
        result = builder.tf2exe(*command, *resources, *SAMPLES, *options, cwd=folder)
        assert result.exit_code == 0, result.stderr.decode()[-2000:]

    return builder.cache.get_or_make(f"windows {name} {options}", build) / "dist" / "windows-x86_64"
