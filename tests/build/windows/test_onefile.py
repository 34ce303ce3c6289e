"""The single file on Windows: where it unpacks, and what happens to what it unpacked."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain.location import windows_path

if TYPE_CHECKING:
    from pathlib import Path

    from windows_desk import Desk

DAMAGED = 113

pytestmark = pytest.mark.makes("windows habits onefile", seconds=80)


@pytest.mark.promise("windows", "The onefile unpacks into the user's local folder.")
def test_unpacks_into_the_local_folder_of_the_user(desk: Desk, single: Path) -> None:
    found = desk.answer(single, "where")
    assert found["executable"] == windows_path(single)
    assert found["file"].startswith(windows_path(desk.local / "tf2exe") + "\\")
    assert [path.name for path in desk.local.iterdir()] == ["tf2exe"]


@pytest.mark.promise("windows", "Every kind of Windows path works, also beyond 260 characters.")
def test_long_cache_folder(desk: Desk, single: Path) -> None:
    deep = desk.folder.joinpath(*(f"{number:02}" * 20 for number in range(8)))
    found = desk.answer(single, "where", env={"TF2EXE_CACHE_DIR": windows_path(deep)})
    assert found["file"].endswith("\\__main__.py")
    assert len(list(deep.rglob("habits.exe"))) == 1


@pytest.mark.promise("windows", "Concurrent first starts unpack once.")
def test_concurrent_first_starts(desk: Desk, single: Path) -> None:
    (answers,) = desk.ask(desk.order(single, "texts", "x", deed="together", count=3))
    assert answers == [{"code": 0, "stdout": '["x"]\r\n', "stderr": ""}] * 3
    assert len(list(desk.local.glob("tf2exe/*/*/lib"))) == 1
    assert len(list(desk.local.glob("tf2exe/*/*"))) == 3  # the folder, its lock, and that of all


@pytest.mark.promise("windows", "A changed unpacked file is repaired at the next start.")
def test_changed_file_is_unpacked_again(desk: Desk, single: Path) -> None:
    assert desk.answer(single, "texts", "x") == ["x"]
    (library,) = desk.local.rglob("python311.dll")
    whole = library.read_bytes()
    library.write_bytes(whole[: len(whole) // 2])
    assert desk.answer(single, "texts", "x") == ["x"]
    (library,) = desk.local.rglob("python311.dll")
    assert library.read_bytes() == whole


def test_clear_cache(desk: Desk, single: Path) -> None:
    assert desk.answer(single, "texts", "x") == ["x"]
    (answer,) = desk.ask(desk.order(single, env={"TF2EXE_CLEAR_CACHE": "1"}))
    assert answer == {"code": 0, "stdout": "habits: removed 1 unpacked version\r\n", "stderr": ""}
    assert list(desk.local.rglob("*.dll")) == []


@pytest.mark.promise("windows", "A corrupt onefile is reported in one line.")
def test_damaged_onefile_is_one_line(desk: Desk, single: Path) -> None:
    whole, orders = single.read_bytes(), []
    for number, place_of in enumerate((len(whole) // 2, len(whole) // 3, len(whole) - 40)):
        flipped = whole[:place_of] + bytes([whole[place_of] ^ 16]) + whole[place_of + 1 :]
        for kind, data in (("flipped", flipped), ("truncated", whole[:place_of])):
            path = desk.folder / f"{kind}{number}.exe"
            path.write_bytes(data)
            orders.append(desk.order(path, "texts"))
    for answer in desk.ask(*orders):
        assert (answer["code"], answer["stdout"]) == (DAMAGED, "")
        assert "the executable is damaged" in answer["stderr"]
        assert answer["stderr"].count("\n") == 1
    assert list(desk.local.rglob("*.dll")) == []


@pytest.mark.promise("windows", "A signed onefile starts.")
@pytest.mark.skipif(
    shutil.which("osslsigncode") is None, reason="osslsigncode signs; apt install osslsigncode"
)
def test_signed_onefile_starts(desk: Desk, single: Path, tmp_path: Path) -> None:
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
    assert desk.answer(signed, "texts", "x") == ["x"]
