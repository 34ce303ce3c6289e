"""The resources of a Windows executable: what the script says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tf2exe.compile.windows_resources import check_icon, resource_script
from tf2exe.config.settings import VersionInfo
from tf2exe.errors import ConfigurationError

ICON = Path(__file__).resolve().parents[4] / "assets" / "icon.ico"


def test_every_text_stands_in_the_script() -> None:
    info = VersionInfo(
        company='Häuser "& Co"',
        product="Classifier",
        version="1.2.3",
        copyright="© 2026",
        description="Names pictures",
    )
    text = resource_script("classify", info, None)
    assert 'VALUE "CompanyName", "Häuser ""& Co"""' in text
    assert 'VALUE "LegalCopyright", "© 2026"' in text
    assert 'VALUE "OriginalFilename", "classify.exe"' in text
    assert "FILEVERSION 1,2,3,0" in text
    assert "ICON" not in text


def test_a_version_may_be_any_text() -> None:
    assert "FILEVERSION 2026,11,0,0" in resource_script("a", VersionInfo(version="v2026.11"), None)
    assert "FILEVERSION 0,0,0,0" in resource_script("a", VersionInfo(), None)


def test_the_icon_is_named_with_forward_slashes() -> None:
    assert f'1 ICON "{ICON.as_posix()}"' in resource_script("a", VersionInfo(), ICON)


def test_what_is_no_icon_is_refused(tmp_path: Path) -> None:
    check_icon(ICON)
    picture = tmp_path / "icon.png"
    picture.write_bytes(b"\x89PNG")
    with pytest.raises(ConfigurationError, match=r"is not an icon"):
        check_icon(picture)
    with pytest.raises(ConfigurationError, match=r"missing\.ico"):
        check_icon(tmp_path / "missing.ico")
