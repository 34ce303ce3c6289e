from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tf2exe.import_spec.recording import Recording
from tf2exe.import_spec.running import Ran
from tf2exe.import_spec.table import Conversion, table

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def conversion(**settings: object) -> Conversion:
    spec = Path("/folder/app.spec")
    return Conversion(Ran(spec, spec.parent, Recording(), ""), settings)


@given(st.lists(TEXTS), TEXTS, st.booleans())
def test_settings_are_read_back_as_they_are(texts: list[str], text: str, flag: bool) -> None:  # noqa: FBT001 - given by name
    settings = {"data": texts, "name": text, "console": flag, "version-info": {"company": text}}
    written = tomllib.loads(table(conversion(**settings), "app.spec"))
    assert written == {"tool": {"tf2exe": settings}}


def test_what_is_lost_is_a_comment() -> None:
    given_ = conversion(entry="run.py")
    given_.note(7, "a.datas = [\n  x]", "it is not known")
    given_.note(3, "option 'u'", "it cannot be set")
    given_.note(1, "upx", "not needed", lost=False)
    lines = table(given_, "app.spec").splitlines()
    assert lines[0] == "# From app.spec, by `tf2exe import-spec`."
    assert lines[-2:] == [
        "# Not converted (line 3): option 'u': it cannot be set.",
        "# Not converted (line 7): a.datas = [ x]: it is not known.",
    ]
