from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from tf2exe.system import shipped_files

REPOSITORY = Path(__file__).resolve().parents[4]
NAMES = ("docs/how-to/smaller.md", "nuitka_options/base.toml")


@pytest.mark.parametrize("name", NAMES)
def test_a_checkout_has_them_beside_its_sources(name: str) -> None:
    assert shipped_files.shipped_path(name) == REPOSITORY / name
    assert shipped_files.shipped_path(name).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_an_installed_wheel_has_them_in_the_package(name: str, tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "tf2exe"
    (package / name).parent.mkdir(parents=True)
    shutil.copyfile(REPOSITORY / name, package / name)
    module = package / "system" / "shipped_files.py"
    module.parent.mkdir()
    shutil.copyfile(shipped_files.__file__, module)
    spec = importlib.util.spec_from_file_location("installed", module)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert installed.shipped_path(name) == package / name
