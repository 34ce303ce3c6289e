from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from tf2exe.config import settings


@pytest.mark.parametrize(
    "table", [settings.Settings, settings.SampleTable, settings.VersionInfo, settings.VerifyTable]
)
def test_every_field_is_described_and_has_a_default(table: type[BaseModel]) -> None:
    for name, field in table.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert not field.is_required(), name


def test_keys_are_written_with_hyphens() -> None:
    keys = settings.setting_fields()
    assert "python-path" in keys
    assert not any("_" in key for key in keys)
    assert len(keys) == len(settings.Settings.model_fields)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.Settings().mode = "standalone"  # type: ignore[misc] # the point of the test
