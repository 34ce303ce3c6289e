"""Icon, version information, manifest and subsystem, read back from executables that were really compiled."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pefile
import pytest

from tf2exe.native import dlls, pe
from windows_launchers import ICON, INFO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ICON_IMAGE, ICON_GROUP, MANIFEST = 3, 14, 24
WINDOWED, CONSOLE = 2, 3
SETTINGS = "{http://schemas.microsoft.com/SMI/%s/WindowsSettings}%s"
V1, V3 = "{urn:schemas-microsoft-com:compatibility.v1}", "{urn:schemas-microsoft-com:asm.v3}"


@pytest.fixture(params=[True, False], ids=["console", "windowed"])
def program(request: pytest.FixtureRequest, make_launcher: Callable[[bool], Path]) -> Iterator[pefile.PE]:
    with pefile.PE(str(make_launcher(request.param))) as file:
        yield file


def resource(file: pefile.PE, kind: int) -> list[bytes]:
    """The data of all resources of a kind."""
    (entry,) = (entry for entry in file.DIRECTORY_ENTRY_RESOURCE.entries if entry.id == kind)
    places = [name.directory.entries[0].data.struct for name in entry.directory.entries]
    return [file.get_data(place.OffsetToData, place.Size) for place in places]


@pytest.mark.promise("windows", "Icon, version, manifest and subsystem are those of the settings.")
def test_the_texts_of_the_version(program: pefile.PE) -> None:
    texts = {
        key.decode(): value.decode()
        for part in program.FileInfo[0]
        if hasattr(part, "StringTable")
        for table in part.StringTable
        for key, value in table.entries.items()
    }
    assert texts == {
        "CompanyName": INFO.company,
        "FileDescription": INFO.description,
        "FileVersion": INFO.version,
        "InternalName": "klassi",
        "LegalCopyright": INFO.copyright,
        "OriginalFilename": "klassi.exe",
        "ProductName": INFO.product,
        "ProductVersion": INFO.version,
    }


def test_the_numbers_of_the_version(make_launcher: Callable[[bool], Path]) -> None:
    binary = pe.read_file(make_launcher(True))  # noqa: FBT003
    assert binary is not None
    assert binary.version == (1, 20, 3, 0)


@pytest.mark.promise("windows", "Icon, version, manifest and subsystem are those of the settings.")
def test_every_image_of_the_icon(program: pefile.PE) -> None:
    stored = ICON.read_bytes()
    (count,) = struct.unpack_from("<H", stored, 4)
    entries = [struct.unpack_from("<8xII", stored, 6 + 16 * number) for number in range(count)]
    images = [stored[offset : offset + size] for size, offset in entries]
    assert sorted(resource(program, ICON_IMAGE)) == sorted(images)
    (group,) = resource(program, ICON_GROUP)
    assert struct.unpack_from("<HHH", group) == (0, 1, count)


@pytest.mark.promise("windows", "Icon, version, manifest and subsystem are those of the settings.")
def test_the_manifest(program: pefile.PE) -> None:
    (text,) = resource(program, MANIFEST)
    root = ET.fromstring(text)  # noqa: S314 - it is ours
    found = {element.tag: element for element in root.iter()}
    assert found[SETTINGS % (2019, "activeCodePage")].text == "UTF-8"
    assert found[SETTINGS % (2016, "longPathAware")].text == "true"
    assert found[V3 + "requestedExecutionLevel"].get("level") == "asInvoker"
    assert found[V1 + "supportedOS"].get("Id") == "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"


@pytest.mark.promise("windows", "Icon, version, manifest and subsystem are those of the settings.")
@pytest.mark.parametrize(("console", "subsystem"), [(True, CONSOLE), (False, WINDOWED)])
def test_whether_windows_opens_a_console(
    make_launcher: Callable[[bool], Path],
    console: bool,  # noqa: FBT001
    subsystem: int,
) -> None:
    with pefile.PE(str(make_launcher(console)), fast_load=True) as file:
        assert file.OPTIONAL_HEADER.Subsystem == subsystem


def test_the_launcher_needs_nothing_but_windows(make_launcher: Callable[[bool], Path]) -> None:
    binary = pe.read_file(make_launcher(True))  # noqa: FBT003
    assert binary is not None
    assert binary.needed
    assert all(dlls.in_windows(library) for library in binary.needed)
