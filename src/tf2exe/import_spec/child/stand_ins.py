"""PyInstaller's classes as a `.spec` sees them: they record what it describes and build nothing."""

from __future__ import annotations

import glob
import linecache
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from tf2exe.import_spec.recording import Call, Collected, Note, Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.import_spec.recording import Entry

UNKNOWN: Final = "tf2exe has no counterpart and uses an empty list; add by hand what it collects"
EXTENDED: Final = (
    "what PyInstaller's analysis adds to this list is not known here; leave packages out with exclude"
)


class Recorder:
    """What a spec file has described so far; ``targets`` become its calls."""

    spec = ""
    recording = Recording()
    targets: Final[list[Target]] = []

    def line(self) -> int:
        """The line of the spec file that runs now."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.spec:
            frame = frame.f_back
        return frame.f_lineno if frame else 0

    def note(self, reason: str, what: str = "") -> None:
        """Adds a note on the line that runs now, if one does."""
        line = self.line()
        note = Note(line, what or linecache.getline(self.spec, line).strip(), reason)
        if line and note not in self.recording.notes:
            self.recording.notes.append(note)

    def locate(self, path: Any) -> str:
        """An absolute path. A path of another machine is found by its end, beside the spec file."""
        parts = os.fspath(path).replace("\\", "/").split("/")
        ends = range(len(parts) if parts[0] == "" or parts[0][1:] == ":" else 1)
        for end in ("/".join(parts[start:]) for start in ends):
            for folder in (os.path.dirname(self.spec), os.getcwd()):
                found = os.path.normpath(os.path.join(folder, end))
                if end and (os.path.exists(found) or glob.glob(found)):
                    return found
        return "/".join(parts)

    def collect(self, source: Any, folder: Any, kind: str, excludes: Iterable[str] = ()) -> list[Entry]:
        """The files that PyInstaller finds in a file, a folder or a pattern."""
        path = self.locate(source)
        toc: list[Entry] = []
        for match in [path] if os.path.exists(path) else sorted(glob.glob(path)):
            # A folder that a pattern matches keeps its name.
            start = match if match == path and os.path.isdir(match) else os.path.dirname(match)
            for file in _files(match, set(excludes)):
                target = os.path.normpath(os.path.join(folder, os.path.relpath(file, start)))
                toc.append((target.replace("\\", "/"), file, kind))
        if not toc:
            self.note("it does not exist", f"{kind.lower()}: {source}")
        self.recording.files.append(Collected(self.line(), path, os.fspath(folder), list(toc)))
        return toc


RECORDER: Final = Recorder()


def _files(path: str, excludes: set[str]) -> list[str]:
    """The files of a folder, without names and, as `*.ext`, endings."""
    found = [path] if os.path.isfile(path) else []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted({*folders} - excludes - {"__pycache__"})
        kept = sorted(name for name in files if excludes.isdisjoint((name, f"*{os.path.splitext(name)[1]}")))
        found += [os.path.join(folder, name) for name in kept]
    return found


def plain(values: Iterable[Any] | None) -> list[Any]:
    """The items of a list, without a note."""
    return list(list.__iter__(values) if isinstance(values, list) else values or ())


class TOC(list[Any]):
    """A table of contents. Reading one that PyInstaller's analysis would have extended leaves a note."""

    def __init__(self, entries: Iterable[Any] = (), *, extended: bool = False) -> None:
        super().__init__(plain(entries))
        self.extended = extended or is_extended(entries)

    def __add__(self, other: Iterable[Any]) -> TOC:
        return TOC([*plain(self), *plain(other)], extended=self.extended or is_extended(other))

    def __radd__(self, other: Iterable[Any]) -> TOC:
        return TOC(other) + self

    def __iadd__(self, other: Iterable[Any]) -> TOC:  # noqa: PYI034 - of no subclass
        self.extend(plain(other))
        self.extended = self.extended or is_extended(other)
        return self

    def __sub__(self, other: Iterable[Any]) -> TOC:
        names = {entry[0] for entry in plain(other)}
        return TOC([entry for entry in self if entry[0] not in names], extended=self.extended)

    def __rsub__(self, other: Iterable[Any]) -> TOC:
        return TOC(other) - self


def is_extended(values: Any) -> bool:
    """Whether PyInstaller's analysis would have added to a list."""
    return getattr(values, "extended", False) is True


def _with_note(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    def read(self: TOC, *arguments: Any) -> Any:
        if self.extended:
            RECORDER.note(EXTENDED)
        return method(self, *arguments)

    return read


for _name in ("iter", "reversed", "contains", "getitem", "setitem", "delitem"):
    setattr(TOC, f"__{_name}__", _with_note(f"__{_name}__"))
for _name in ("remove", "pop", "clear", "index", "count"):
    setattr(TOC, _name, _with_note(_name))


class Tree(TOC):
    """The files of a folder."""

    def __init__(self, root: Any, prefix: Any = None, excludes: Any = None, typecode: str = "DATA") -> None:
        super().__init__(RECORDER.collect(root, prefix or ".", typecode, excludes or ()))


class Unknown(list[Any]):
    """Anything of PyInstaller that has no stand-in, and what it returns."""

    def __init__(self, name: str) -> None:
        super().__init__()
        RECORDER.note(UNKNOWN, name)

    def __getattr__(self, name: str) -> Unknown:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_arguments: Any, **_options: Any) -> Unknown:
        """What it returns is not known either."""
        return self


class Target:
    """Something that PyInstaller builds: it keeps its tables of contents and its named arguments."""

    def __init__(self, *tables: Any, **options: Any) -> None:
        self.line, self.options, self.name = RECORDER.line(), options, options.get("name")
        self.toc, self.dependencies, self.binaries, self.datas = TOC(), TOC(), TOC(), TOC()
        for table in (table for table in tables if isinstance(table, list)):
            self.toc += [(place, source, kind) for place, source, kind in plain(table)]
        RECORDER.targets.append(self)

    def __getattr__(self, name: str) -> Unknown:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(f"{type(self).__name__}.{name}")

    def call(self) -> Call:
        """What it says in the end."""
        return Call(type(self).__name__, self.line, plain(self.toc), self.options)


class Analysis(Target):
    """What the program consists of, as far as the spec names it."""

    def __init__(self, scripts: Iterable[Any], *others: Any, **options: Any) -> None:
        names = ("pathex", "binaries", "datas", "hiddenimports", "hookspath", "hooksconfig", "excludes")
        super().__init__(**dict(zip(names, others, strict=False)), **options)
        given = {name: plain(self.options.get(name)) for name in (*names, "runtime_hooks")}
        for name in ("hiddenimports", "excludes"):
            given[name] = [os.fspath(module) for module in given[name]]
        self.inputs = [RECORDER.locate(script) for script in scripts]
        self.pathex = [RECORDER.locate(folder) for folder in given["pathex"]]
        sys.path.extend(self.pathex)
        self.hiddenimports, self.excludes = given["hiddenimports"], given["excludes"]
        started = [*map(RECORDER.locate, given["runtime_hooks"]), *self.inputs]
        self.scripts = TOC(
            (os.path.splitext(os.path.basename(path))[0], path, "PYSOURCE") for path in started
        )
        self.zipfiles, self.zipped_data = TOC(), TOC()
        self.pure, self.binaries, self.datas = (TOC(extended=True) for _ in range(3))
        for toc, name, kind in ((self.binaries, "binaries", "BINARY"), (self.datas, "datas", "DATA")):
            for source, folder in given[name]:
                toc += RECORDER.collect(source, folder, kind)  # noqa: PLW2901 - in place

    def __setattr__(self, name: str, value: Any) -> None:
        if is_extended(self.__dict__.get(name)) and not is_extended(value):
            RECORDER.note(EXTENDED)
            value = TOC(value, extended=True)
        super().__setattr__(name, value)

    def call(self) -> Call:
        """What it says in the end; the files are those that it has then."""
        names = ("inputs", "pathex", "hiddenimports", "excludes")
        options = self.options | {name: plain(getattr(self, name)) for name in names}
        return Call("Analysis", self.line, [*plain(self.binaries), *plain(self.datas)], options)


CLASSES: Final[dict[str, Any]] = {
    **{
        kind: type(kind, (Target,), {})
        for kind in ("BUNDLE", "COLLECT", "EXE", "MERGE", "PKG", "PYZ", "Splash")
    },
    **{kind.__name__: kind for kind in (Analysis, TOC, Tree)},
}
