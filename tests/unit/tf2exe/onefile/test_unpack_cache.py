"""`tf2exe clear-cache` deletes the unpacked files of real onefiles."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import __main__
from tf2exe.errors import ConfigurationError
from tf2exe.onefile import unpack_cache

if TYPE_CHECKING:
    from launcher_bench import Bench

VARIABLES = ["TF2EXE_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "TMPDIR"]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A folder for each variable that launchers read; the command has them too."""
    made = {name: str(tmp_path / name) for name in VARIABLES}
    for name, folder in made.items():
        Path(folder).mkdir()
        monkeypatch.setenv(name, folder)
    return made


@pytest.mark.promise("onefile", "`tf2exe clear-cache` deletes what the launcher unpacks and nothing else.")
@pytest.mark.parametrize("count", range(1, 5))
def test_finds_the_folder_that_the_launcher_uses(bench: Bench, folders: dict[str, str], count: int) -> None:
    env = {name: folders[name] for name in VARIABLES[-count:]}
    bench.run(bench.small, cache=None, env=env)
    home = Path(env["HOME"]) if "HOME" in env else None
    (found,) = unpack_cache.program_folders(unpack_cache.cache_folders(env, home))
    assert found.is_relative_to(folders[VARIABLES[-count]])
    assert found.name == "probe"


@pytest.mark.promise("onefile", "`tf2exe clear-cache` deletes what the launcher unpacks and nothing else.")
def test_deletes_all_versions_and_leftovers(
    bench: Bench, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.run(bench.small, cache=None, env=folders)
    bench.run(bench.version("1", tmp_path), cache=None, env=folders)
    bench.run(bench.small, cache=None, env={"HOME": folders["HOME"]})
    folder = Path(folders["TF2EXE_CACHE_DIR"], "probe")
    (folder / f"{'0' * 32}.lock").touch()
    (folder / f"{'0' * 32}.partial.x").mkdir()
    assert __main__.main(["clear-cache"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}: removed 2 unpacked versions",
        f"{folders['HOME']}/.cache/tf2exe/probe: removed 1 unpacked version",
    ]
    assert not [path for place in folders.values() for path in Path(place).rglob("*") if path.is_file()]
    assert __main__.main(["clear-cache"]) == 0
    assert capsys.readouterr().out == "the cache is empty\n"


def test_deletes_only_the_named_program(
    bench: Bench, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.run(bench.small, cache=None, env=folders)
    assert __main__.main(["clear-cache", "other"]) == 0
    assert capsys.readouterr().out == "the cache is empty\n"
    renamed = tmp_path / "renamed"
    os.link(bench.small, renamed)
    for named in ("probe", str(renamed)):
        bench.run(bench.small, cache=None, env=folders)
        assert __main__.main(["clear-cache", named]) == 0
        assert "removed 1 unpacked version\n" in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"", b"x" * 200])
def test_file_that_is_not_a_onefile(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ConfigurationError, match="onefile"):
        unpack_cache.read_program_name(tmp_path / "file")


@pytest.mark.promise("onefile", "`tf2exe clear-cache` deletes what the launcher unpacks and nothing else.")
def test_keeps_running_versions_and_other_files(
    bench: Bench, folders: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    cache = Path(folders["TF2EXE_CACHE_DIR"])
    for name in ("chunks/0123", "mine/text.txt", "mine/lock"):
        (cache / name).parent.mkdir(exist_ok=True)
        (cache / name).write_text("keep")
    (cache / "link").symlink_to(cache / "mine")
    with bench.watched(bench.small, cache):
        assert __main__.main(["clear-cache"]) == 0
        assert "removed 0 unpacked versions, kept 1 in use" in capsys.readouterr().out
    assert (cache / "mine" / "text.txt").exists()
    assert (cache / "chunks" / "0123").exists()


def test_program_that_is_being_unpacked_is_in_use(
    bench: Bench, folders: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    cache = Path(folders["TF2EXE_CACHE_DIR"])
    with bench.stopped_while_unpacking(cache) as process:
        assert __main__.main(["clear-cache", "probe"]) == 1
        assert "could not delete 1 (in use, or no permission)" in capsys.readouterr().out
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
