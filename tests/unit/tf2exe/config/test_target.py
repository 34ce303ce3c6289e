from __future__ import annotations

import pytest

from tf2exe.config.target import Target, host_target, target_named
from tf2exe.system import host


@pytest.mark.parametrize(
    ("name", "system", "executable", "native_module_suffix"),
    [
        ("linux-x86_64", "posix", "run", ".so"),
        ("linux-aarch64", "posix", "run", ".so"),
        ("windows-x86_64", "windows", "run.exe", ".pyd"),
    ],
)
def test_names_of_files(name: str, system: str, executable: str, native_module_suffix: str) -> None:
    target = Target(name)
    assert target.is_windows is (system == "windows")
    assert (target.system, target.executable_name("run")) == (system, executable)
    assert target.native_module_suffix == native_module_suffix


@pytest.mark.parametrize(
    ("platform", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x86_64"),
        ("linux", "aarch64", "linux-aarch64"),
        ("windows", "AMD64", "windows-x86_64"),
    ],
)
def test_the_machine_of_the_builder(
    platform: str, machine: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "IS_WINDOWS", platform == "windows")
    monkeypatch.setattr("sys.platform", "win32" if platform == "windows" else platform)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert host_target() == Target(name)
    assert target_named("machine") == Target(name)
    assert target_named("windows-x86_64") == Target("windows-x86_64")
