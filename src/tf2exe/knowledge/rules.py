"""The kinds of rules for packages, which the files of `nuitka_options/packages/` contain.

In all rules ``origin`` is the file with the rule, and ``condition`` is when the rule applies.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """When a rule applies: always, if both fields are empty. `Evidence.meets` evaluates it.

    Attributes:
        unless_imported: modules, with wildcards (``QtQ*``). None of them is imported.
        unless_mentioned: names. Neither the source (attributes, imported names, strings) nor `include-module`
            has one of them.
    """

    unless_imported: tuple[str, ...] = ()
    unless_mentioned: frozenset[str] = frozenset()


ALWAYS = Condition()


@dataclass(frozen=True)
class Rule:
    """A pattern of files relative to `site-packages`; ``**`` also matches across folders.

    Attributes:
        pattern: the files.
        reason: why the rule is right.
        origin: the file with the rule.
        condition: when the rule applies.
        even_if_loaded: the rule also applies to files that a sample loaded, because they are loaded without
            need.
    """

    pattern: str
    reason: str
    origin: str
    condition: Condition = ALWAYS
    even_if_loaded: bool = False


@dataclass(frozen=True)
class Requirement:
    """A requirement of a package that its metadata lacks, or that it declares without need.

    Attributes:
        name: the required distribution.
        reason: why it is bundled, or why it is not.
        origin: the file with the rule.
        condition: when the rule applies.
    """

    name: str
    reason: str
    origin: str
    condition: Condition = ALWAYS


@dataclass(frozen=True)
class OptionalImportRule:
    """Optional dependencies: modules that a package imports if they are installed.

    Attributes:
        modules: their top-level names.
        reason: why the package works without them.
        owners: the names of the package's distribution.
        origin: the file with the rule.
        condition: when the rule applies; its names include the modules.
    """

    modules: tuple[str, ...]
    reason: str
    owners: tuple[str, ...]
    origin: str
    condition: Condition


@dataclass(frozen=True)
class OptionalLibraryRule:
    """Native libraries that files of a package link to, and that may be missing.

    Attributes:
        names: patterns of their file names.
        reason: why the application works without them.
        origin: the file with the rule.
    """

    names: tuple[str, ...]
    reason: str
    origin: str


@dataclass(frozen=True)
class SourcePatch:
    """A change of a bundled source file.

    Attributes:
        file: relative to the folder of packages, or of the standard library.
        old: the text of the installed file.
        new: the text in the executable. It has as many lines, because tracebacks show line numbers.
        reason: what would go wrong without it.
        origin: the file with the rule.

    Raises:
        ValueError: the two texts do not have the same number of lines.
    """

    file: str
    old: str
    new: str
    reason: str
    origin: str

    def __post_init__(self) -> None:
        """Refuses a patch that moves the lines below."""
        old_lines, new_lines = (text.strip("\n").count("\n") + 1 for text in (self.old, self.new))
        if old_lines != new_lines:
            raise ValueError(f"{self.file}: the patch has {new_lines} lines, the original {old_lines}")

    def apply(self, source: bytes) -> bytes | None:
        """The changed source; None: the text is missing, or occurs more than once.

        Line ends stay as they are: wheels for Windows have other ones than those for Linux.
        """
        end = b"\r\n" if b"\r\n" in source else b"\n"
        old, new = (text.strip("\n").encode().replace(b"\n", end) for text in (self.old, self.new))
        return source.replace(old, new) if source.count(old) == 1 else None


@dataclass(frozen=True)
class ForwarderRule:
    """A native library that can wait until one of its functions is called.

    Attributes:
        library: the pattern of its file.
        part: the module that uses it. `exclude` with this name leaves the library out.
        reason: why it should wait.
        origin: the file with the rule.
        also: patterns of files that only the library needs; they are left out with it.
        dot_of_ones: functions that compute a dot product,
            ``float f(int64_t size, const float *x, int64_t step_x, const float *y, int64_t step_y)``.
            For two vectors of two ones the forwarder answers without the library.
    """

    library: str
    part: str
    reason: str
    origin: str
    also: tuple[str, ...] = ()
    dot_of_ones: tuple[str, ...] = ()
