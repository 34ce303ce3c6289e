"""The files of a `.spec` as entries of `data`: those in the tables of contents that PyInstaller packs."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tf2exe.config.data_files import find_data_files
from tf2exe.errors import ConfigurationError
from tf2exe.import_spec.recording import Collected

if TYPE_CHECKING:
    from tf2exe.import_spec.packages import Packages
    from tf2exe.import_spec.recording import Call, Entry
    from tf2exe.import_spec.table import Conversion

FILES: Final = frozenset(("DATA", "BINARY", "EXTENSION"))


def add_files(analysis: Call, exe: Call | None, result: Conversion, packages: Packages) -> None:
    """Adds the files that the executable and its folder get in the end.

    A folder or pattern of the spec file stays one if all files that it names are among them.
    """
    recording = result.ran.recording
    packed = (
        [entry for call in (exe, *recording.of("COLLECT")) for entry in call.toc] if exe else analysis.toc
    )
    others = {entry for call in recording.of("Analysis") for entry in call.toc} - {*analysis.toc}
    left = {
        entry[0]: entry
        for entry in reversed(packed)
        if entry[2] in FILES and entry[1] and entry not in others
    }
    unpacked = [entry[0] for entry in analysis.toc if left.get(entry[0]) != entry]
    if unpacked:
        what = f"{len(unpacked)} files, such as {unpacked[0]}" if unpacked[1:] else unpacked[0]
        reason = "not passed to EXE or COLLECT, so PyInstaller leaves it out, too"
        result.note(analysis.line, what, reason, lost=False)
    for item in recording.files:
        kept = [entry for entry in item.toc if left.get(entry[0]) == entry]
        for entry in kept:
            del left[entry[0]]
        _add(item, kept, result, packages)
    for entry in sorted(left.values()):
        _add(_single(0, entry), [entry], result, packages)


def _single(line: int, entry: Entry) -> Collected:
    return Collected(line, entry[1] or "", Path(entry[0]).parent.as_posix(), [entry])


def _add(item: Collected, kept: list[Entry], result: Conversion, packages: Packages) -> None:
    """Adds the kept files of an item: as one entry that stands for exactly them, or one by one."""
    own = [entry for entry in kept if not _is_bundled(item.line, entry, result, packages)]
    if not own:
        return
    source, folder = result.path(item.source), Path(item.folder).as_posix()
    ends = [".", "./"] if folder == "." else [f"{folder}/", folder]
    ends += [own[0][0]] if len(item.toc) == 1 else []
    entries = [f"{start}={end}" for start in (source, glob.escape(source)) for end in ends]
    is_whole = own == item.toc
    match = next((text for text in entries if is_whole and _names(text, own, result)), None)
    if match is not None:
        result.add("data", match)
        if own[0][2] != "DATA":
            reason = "it becomes a data file; system libraries that it needs are not added"
            result.note(item.line, f"binary: {source}", reason, lost=False)
    elif len(own) > 1 or own[0][1] != item.source:
        for entry in own:
            _add(_single(item.line, entry), [entry], result, packages)
    elif Path(item.source).exists():
        result.note(item.line, f"{source} as {own[0][0]}", "data cannot express it; rename the file")
    else:
        result.note(
            item.line, source, "the spec file creates it; create it before the build and add it to data"
        )


def _is_bundled(line: int, entry: Entry, result: Conversion, packages: Packages) -> bool:
    """Whether a file belongs to an installed package, which is bundled completely."""
    place, source, _ = entry
    owner = packages.owner_of(Path(source or ""))
    if owner is None:
        return False
    if not owner:
        result.note(line, "files of Python", "the standard library is bundled as a whole", lost=False)
        return True
    result.add("include-module", owner)
    if Path(source or "").as_posix().endswith(f"/{place}"):
        result.note(line, f"files of {owner}", "the package is bundled completely", lost=False)
    else:
        result.note(line, f"{source} as {place}", f"it is bundled at its place in {owner}")
    return True


def _names(text: str, entries: list[Entry], result: Conversion) -> bool:
    """Whether an entry of `data` stands for exactly these files."""
    try:
        found = find_data_files([text], result.folder, result.folder, ())
    except ConfigurationError:
        return False
    given = {file.destination: file.source for file in found if "__pycache__" not in file.source.parts}
    return given == {place: Path(source or "").resolve() for place, source, _ in entries}
