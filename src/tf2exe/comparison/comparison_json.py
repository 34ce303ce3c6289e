"""`comparison.json`: the figures of a comparison, from which the tables, the charts and the page are made."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tf2exe.system.document import Document, DocumentPart

FILE = "comparison.json"

Figure = Literal["build", "size", "cold", "warm", "rate"]


class Spread(DocumentPart):
    """The median of several runs, with the lowest and the highest value."""

    median: float
    low: float
    high: float
    runs: int


class Starts(DocumentPart):
    """Cold or warm starts: seconds and bytes; None where they are unknown.

    Attributes:
        process: seconds of the whole process.
        prediction: seconds to the first prediction.
        phases: seconds of each phase up to the first prediction.
        memory: peak bytes of the largest process.
        written: bytes written by the program and its children.
        processor: seconds of all processors.
    """

    process: Spread
    prediction: Spread
    phases: dict[str, Spread] | None
    memory: Spread | None
    written: Spread | None
    processor: Spread | None


class Throughput(DocumentPart):
    """The runs of a load: images per second, seconds of the process, peak bytes."""

    rate: Spread | None
    rates: tuple[float, ...]
    process: Spread | None
    memory: Spread | None


class BuildTime(DocumentPart):
    """Seconds of a build without verification, and of each stage; None if nothing was built."""

    seconds: float | None
    stages: dict[str, float]
    date: str


class Size(DocumentPart):
    """Bytes and number of the delivered files; `download`: bytes if they are compressed."""

    bytes: int
    files: int
    download: int | None


class ComparedCase(DocumentPart):
    """Whether the output of a sample or a case matches Python."""

    sample: str
    same: bool = False
    difference: str


class ComparedCases(DocumentPart):
    """The number of cases, of those that match Python, and the first ones that do not."""

    cases: int
    same: int
    differences: tuple[ComparedCase, ...]


class Parity(ComparedCases):
    """The comparison over the corpus, or over the samples if no corpus was run."""

    of: Literal["corpus", "samples"]


class VariantFigures(DocumentPart):
    """The figures of a variant.

    Attributes:
        key: its name on the command line.
        title: its name for people.
        kind: what built it.
        mode: a folder or a single file; None in Python.
        problem: why there are no figures; empty if there are.
        build: the build time.
        size: of what is delivered.
        parity: whether its output matches Python.
        cold: starts with an empty cache and no file in the page cache.
        warm: starts after others.
        loads: throughput runs, by the name of the load.
    """

    key: str
    title: str
    kind: str
    mode: str | None
    problem: str
    build: BuildTime
    size: Size
    parity: Parity
    cold: Starts | None = None
    warm: Starts | None = None
    loads: dict[str, Throughput] = Field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether tf2exe built it."""
        return self.kind == "tf2exe"


class Ratio(DocumentPart):
    """A figure of tf2exe's onefile divided by that of PyInstaller's tuned onefile.

    Attributes:
        figure: its name for people.
        kind: the figure.
        ours: the figure of tf2exe.
        theirs: the figure of PyInstaller.
        ratio: of both; for throughput the median of the rounds.
        low: the lowest ratio of a round.
        high: the highest ratio of a round.
        wanted: the target; None: there is none.
        reached: whether the ratio reaches the target.
        more_is_better: whether a higher figure is better.
    """

    figure: str
    kind: Figure
    ours: float
    theirs: float
    ratio: float
    low: float
    high: float
    wanted: float | None
    reached: bool | None
    more_is_better: bool


class DifferingCases(DocumentPart):
    """The number of cases of the corpus that differ from Python; `theirs` is None if it was not run."""

    figure: str = "cases of the parity corpus that differ from Python"
    kind: Literal["cases"] = "cases"
    cases: int
    ours: int
    theirs: int | None
    ratio: None = None
    wanted: int = 0
    reached: bool
    more_is_better: bool = False


class Machine(DocumentPart):
    """The machine of the measurements; `wine`: the version of Wine, empty without it."""

    processors: int | None
    processor: str
    memory: int
    system: str
    wine: str = ""
    python: str


class Effort(DocumentPart):
    """The number of runs.

    Attributes:
        cold: cold starts.
        warm: warm starts, after one more start that fills the caches.
        loads: runs of each load.
        drop_machine: whether the page cache of the whole machine may be dropped before a cold start.
    """

    cold: int = 3
    warm: int = 7
    loads: int = 3
    drop_machine: bool = False


class ComparisonDocument(Document):
    """A comparison.

    Attributes:
        format: the number of this format.
        name: of the application.
        date: of the measurements.
        command: the command line.
        machine: the machine.
        versions: of the tools, by their names.
        samples: the command lines that were run, by what they measure.
        cold: how the page cache was emptied before cold starts.
        effort: the number of runs.
        variants: in their order.
        ratios: of the onefiles of tf2exe and PyInstaller.
    """

    format: Literal[2] = 2
    name: str
    date: str
    command: str
    machine: Machine
    versions: dict[str, str]
    samples: dict[str, str]
    cold: str
    effort: Effort
    variants: tuple[VariantFigures, ...]
    ratios: tuple[Ratio | DifferingCases, ...]

    @property
    def measured(self) -> list[VariantFigures]:
        """The variants without a problem."""
        return [variant for variant in self.variants if not variant.problem]

    @property
    def loads(self) -> list[str]:
        """The names of all loads."""
        return list(dict.fromkeys(name for variant in self.variants for name in variant.loads))
