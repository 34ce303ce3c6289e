from __future__ import annotations

from pathlib import Path

import pytest

from tf2exe.config.application import DataFile
from tf2exe.convert.converted_models import Agreement, link_data_files


@pytest.mark.parametrize("links", [True, False])
def test_data_files_are_linked_or_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise OSError("links are not allowed")

    if not links:
        monkeypatch.setattr(Path, "symlink_to", refuse)
    (tmp_path / "labels.txt").write_text("cat", encoding="utf-8")
    link_data_files([DataFile(tmp_path / "labels.txt", "deep/er/l.txt", "")], tmp_path / "files")
    linked = tmp_path / "files" / "deep" / "er" / "l.txt"
    assert linked.read_text(encoding="utf-8") == "cat"
    assert linked.is_symlink() == links


def test_an_agreement_is_one_line() -> None:
    agreement = Agreement(predictions=9, tops=4, same_top=3, largest=0.0123, mean=0.001)
    assert str(agreement) == "same top-1 class in 3 of 4, largest difference 0.012, mean 0.001"
    agreement = Agreement(predictions=9, tops=0, same_top=0, largest=0.0, mean=0.0)
    assert str(agreement) == "largest difference 0, mean 0"
