"""Icon, version information and subsystem of Windows executables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pefile
import pytest

if TYPE_CHECKING:
    from pathlib import Path


CONSOLE, WINDOWED = 3, 2
KNOWN = {"kernel32.dll", "advapi32.dll", "user32.dll", "msvcrt.dll"}
"""Windows always loads these from its own folder (KnownDLLs)."""
EXPECTED = {
    "CompanyName": "Beispiel & Söhne",
    "ProductName": "Habits of Windows",
    "ProductVersion": "1.4.2",
    "LegalCopyright": "© 2026 Beispiel",
    "FileDescription": "Prints what it finds",
}
"""The values of `RESOURCES` in windows_session.py."""


@pytest.mark.promise("windows", "Icon, version, manifest and subsystem are those of the settings.")
@pytest.mark.parametrize("made", ["folder", "single", "windowed"])
def test_icon_version_and_console(made: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(made)
    with pefile.PE(str(path)) as exe:
        kinds = {entry.id for entry in exe.DIRECTORY_ENTRY_RESOURCE.entries}
        strings = {
            key.decode(): value.decode()
            for info in exe.FileInfo[0]
            if info.Key == b"StringFileInfo"
            for key, value in info.StringTable[0].entries.items()
        }
        fixed = exe.VS_FIXEDFILEINFO[0]
        assert exe.OPTIONAL_HEADER.Subsystem == (WINDOWED if made == "windowed" else CONSOLE)
    assert {pefile.RESOURCE_TYPE[f"RT_{kind}"] for kind in ("ICON", "GROUP_ICON", "MANIFEST")} <= kinds
    assert {name: strings[name] for name in EXPECTED} == EXPECTED
    assert fixed.FileVersionMS == 1 << 16 | 4
    assert fixed.FileVersionLS == 2 << 16


@pytest.mark.promise("windows", "No DLL is loaded from the current or the download directory.")
def test_onefile_loads_no_library_next_to_it(single: Path, windowed: Path) -> None:
    """A downloads folder may contain any DLL."""
    for path in (single, windowed):
        with pefile.PE(str(path)) as exe:
            names = {entry.dll.decode().lower() for entry in exe.DIRECTORY_ENTRY_IMPORT}
        assert {name for name in names if not name.startswith("api-ms-win-")} <= KNOWN
