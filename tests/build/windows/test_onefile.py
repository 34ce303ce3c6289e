"""The onefile on Windows: where it unpacks, repairs, damage and signatures."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain.location import windows_path

if TYPE_CHECKING:
    from pathlib import Path

    from windows_session import WindowsSession

DAMAGED = 113

pytestmark = pytest.mark.makes("windows habits onefile", seconds=80)


@pytest.mark.promise("windows", "The onefile unpacks into the user's local folder.")
def test_unpacks_into_the_local_folder_of_the_user(windows: WindowsSession, single: Path) -> None:
    found = windows.run_json(single, "where")
    assert found["executable"] == windows_path(single)
    assert found["file"].startswith(windows_path(windows.local / "tf2exe") + "\\")
    assert [path.name for path in windows.local.iterdir()] == ["tf2exe"]


@pytest.mark.promise("windows", "Every kind of Windows path works, also beyond 260 characters.")
def test_long_cache_folder(windows: WindowsSession, single: Path) -> None:
    deep = windows.folder.joinpath(*(f"{number:02}" * 20 for number in range(8)))
    found = windows.run_json(single, "where", env={"TF2EXE_CACHE_DIR": windows_path(deep)})
    assert found["file"].endswith("\\__main__.py")
    assert len(list(deep.rglob("habits.exe"))) == 1


@pytest.mark.promise("windows", "Concurrent first starts unpack once.")
def test_concurrent_first_starts(windows: WindowsSession, single: Path) -> None:
    (answers,) = windows.run(windows.request(single, "texts", "x", action="together", count=3))
    assert answers == [{"code": 0, "stdout": '["x"]\r\n', "stderr": ""}] * 3
    assert len(list(windows.local.glob("tf2exe/*/*/lib"))) == 1
    assert (
        len(list(windows.local.glob("tf2exe/*/*"))) == 3
    )  # the folder, its lock, and the lock of the program


@pytest.mark.promise("windows", "A changed unpacked file is repaired at the next start.")
def test_changed_file_is_unpacked_again(windows: WindowsSession, single: Path) -> None:
    assert windows.run_json(single, "texts", "x") == ["x"]
    (library,) = windows.local.rglob("python311.dll")
    whole = library.read_bytes()
    library.write_bytes(whole[: len(whole) // 2])
    assert windows.run_json(single, "texts", "x") == ["x"]
    (library,) = windows.local.rglob("python311.dll")
    assert library.read_bytes() == whole


def test_clear_cache(windows: WindowsSession, single: Path) -> None:
    assert windows.run_json(single, "texts", "x") == ["x"]
    (answer,) = windows.run(windows.request(single, env={"TF2EXE_CLEAR_CACHE": "1"}))
    assert answer == {"code": 0, "stdout": "habits: removed 1 unpacked version\r\n", "stderr": ""}
    assert list(windows.local.rglob("*.dll")) == []


@pytest.mark.promise("windows", "A corrupt onefile is reported in one line.")
def test_damaged_onefile_is_one_line(windows: WindowsSession, single: Path) -> None:
    whole, orders = single.read_bytes(), []
    for number, place_of in enumerate((len(whole) // 2, len(whole) // 3, len(whole) - 40)):
        flipped = whole[:place_of] + bytes([whole[place_of] ^ 16]) + whole[place_of + 1 :]
        for kind, data in (("flipped", flipped), ("truncated", whole[:place_of])):
            path = windows.folder / f"{kind}{number}.exe"
            path.write_bytes(data)
            orders.append(windows.request(path, "texts"))
    for answer in windows.run(*orders):
        assert (answer["code"], answer["stdout"]) == (DAMAGED, "")
        assert "the executable is damaged" in answer["stderr"]
        assert answer["stderr"].count("\n") == 1
    assert list(windows.local.rglob("*.dll")) == []


@pytest.mark.promise("windows", "A signed onefile starts.")
@pytest.mark.skipif(
    shutil.which("osslsigncode") is None, reason="osslsigncode signs; apt install osslsigncode"
)
def test_signed_onefile_starts(windows: WindowsSession, single: Path, tmp_path: Path) -> None:
    signed = tmp_path / "signed.exe"
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    sign = [
        "osslsigncode",
        "sign",
        "-certs",
        certificate,
        "-key",
        key,
        "-in",
        str(single),
        "-out",
        str(signed),
    ]
    subprocess.run(sign, check=True, capture_output=True)
    assert windows.run_json(signed, "texts", "x") == ["x"]
