from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tf2exe.assemble.start_settings import StartSettings, write_start
from tf2exe.launchers import sources

if TYPE_CHECKING:
    from pathlib import Path


def constants(text: str) -> dict[str, object]:
    statements = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in statements}


def test_the_written_module_has_the_constants_of_the_source() -> None:
    written = constants(StartSettings(True, "", pyinstaller_compat=False, windowed=False).source())  # noqa: FBT003
    assert written == constants((sources.FOLDER / sources.SETTINGS_MODULE).read_text(encoding="utf-8"))


def test_only_a_windowed_executable_has_the_module_for_windows(tmp_path: Path) -> None:
    for windowed in (False, True):
        folder = tmp_path / str(windowed)
        folder.mkdir()
        write_start(folder, StartSettings(False, "run.py", pyinstaller_compat=True, windowed=windowed))  # noqa: FBT003
        assert (folder / "tf2exe_windowed.py").exists() == windowed
        text = (folder / "tf2exe_settings.py").read_text(encoding="utf-8")
        assert constants(text) == {
            "IS_SCRIPT": False,
            "MAIN_FILE": "run.py",
            "PYINSTALLER_COMPAT": True,
            "WINDOWED": windowed,
        }
