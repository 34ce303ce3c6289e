from __future__ import annotations

from pathlib import Path

import pytest

from tf2exe.onefile.launcher import launcher_command


@pytest.mark.parametrize("system", ["posix", "windows"])
def test_command_has_the_sources_of_the_target(system: str) -> None:
    command = launcher_command(["cc"], Path("zstd"), Path("out"), windows=system == "windows")
    folders = {Path(part).parent.name for part in command if part.endswith(".c")}
    assert folders - {"interposed"} == {"onefile", system}
    assert command[0] == "cc"
    assert command[-2:] == ["-o", "out"]
    assert ("-pthread" in command) == (system == "posix")


def test_program_without_a_console_has_no_console_launcher() -> None:
    with_console = launcher_command(["cc"], Path("zstd"), Path("out.exe"), windows=True)
    without = launcher_command(["cc"], Path("zstd"), Path("out.exe"), windows=True, console=False)
    assert set(without) - set(with_console) == {"-DWINDOWED", "-Wl,--subsystem,windows"}


def test_debug_keeps_symbols() -> None:
    assert "-s" in launcher_command(["cc"], Path("zstd"), Path("out"))
    debug = launcher_command(["cc"], Path("zstd"), Path("out"), debug=True)
    assert "-g" in debug
    assert "-s" not in debug


def test_resources_are_linked() -> None:
    resources = Path("resources.res")
    command = launcher_command(["cc"], Path("zstd"), Path("out.exe"), windows=True, resources=resources)
    assert str(resources) in command
