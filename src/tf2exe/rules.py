"""Kinds of rules for carrying packages; files of `nuitka_options/packages/` state them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A pattern over file names relative to the packages' folder (``**`` crosses folders).

    Attributes:
        pattern: which files.
        reason: why the rule is right.
        origin: the file that says so.
        unless_imported: the rule rests when this module is imported, or one that fits it (``QtQ*``).
        even_if_loaded: it holds also for files that a sample loaded, because they were loaded without need.
    """

    pattern: str
    reason: str
    origin: str
    unless_imported: str = ""
    even_if_loaded: bool = False


@dataclass(frozen=True)
class Requirement:
    """A distribution that is, or is not, needed although metadata says otherwise."""

    name: str
    reason: str
    origin: str
    unless_imported: str = ""


@dataclass(frozen=True)
class OptionalRule:
    """Modules that a package imports where they are installed, and does without where they are not.

    Attributes:
        modules: by their top-level names.
        names: whoever may make the package need them has one of these: attributes, imported names, texts.
        reason: why the others do not notice.
        owners: the names of the package's distribution.
        origin: the file that says so.
    """

    modules: tuple[str, ...]
    names: frozenset[str]
    reason: str
    owners: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class LibraryRule:
    """Native libraries that files of a package ask for, and that need not be there.

    Attributes:
        names: of the libraries, with wildcards.
        reason: why the application works without.
        origin: the file that says so.
    """

    names: tuple[str, ...]
    reason: str
    origin: str


@dataclass(frozen=True)
class Replacement:
    """A text of a carried source file that must read otherwise inside an executable.

    Attributes:
        file: relative to the folder of packages, or of the standard library.
        old: what it says.
        new: what it must say, in as many lines: a traceback tells their numbers.
        reason: why.
        origin: the file that says so.
    """

    file: str
    old: str
    new: str
    reason: str
    origin: str


@dataclass(frozen=True)
class StubRule:
    """A native library that applications without certain names in their source cannot call.

    Attributes:
        library: its file, as in rules.
        also: files that only it needs.
        askers: files that link to it.
        names: whoever may call it has one of them: attributes, imported names, texts; ``@`` is the operator.
        beside: other distributions that never call it; any further one keeps the library.
        module: its functions' module, which keeps it when `include-module` names it.
        reason: why this is so.
        origin: the file that says so.
    """

    library: str
    also: tuple[str, ...]
    askers: tuple[str, ...]
    names: frozenset[str]
    beside: tuple[str, ...]
    module: str
    reason: str
    origin: str


@dataclass(frozen=True)
class SpareRule:
    """Files that applications without certain names in their source cannot reach.

    Attributes:
        patterns: which files, as in rules.
        modules: what is then missing, by the names that Python's message gives.
        names: whoever may reach them has one of these: attributes, imported names, texts.
        beside: the distributions that never do; any further one keeps the files.
        reason: why this is so.
        owner: the distribution that the files belong to.
        origin: the file that says so.
    """

    patterns: tuple[str, ...]
    modules: tuple[str, ...]
    names: frozenset[str]
    beside: tuple[str, ...]
    reason: str
    owner: str
    origin: str


@dataclass(frozen=True)
class SettleRule:
    """A native library whose names only carried files can ask for.

    Attributes:
        pattern: its file, as in rules.
        names: a source that may load a library which is not carried, and asks for them, has one of these.
        reason: why this is so.
        origin: the file that says so.
    """

    pattern: str
    names: frozenset[str]
    reason: str
    origin: str
