"""The results of the stages, as the listener of a build gets them, and of the whole build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.report.stage import FILE

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import Agreement, ConvertedModels
    from tf2exe.native.missing_dlls import ExternalDll
    from tf2exe.package.stage import Package
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.report.stage import Report
    from tf2exe.trace.footprint import Footprint
    from tf2exe.verify.stage import Parity


@dataclass(frozen=True)
class Configured:
    """The result of the stage *config*: the application and the C compiler."""

    application: Application
    toolchain: Toolchain


@dataclass(frozen=True)
class Traced:
    """The result of the stage *trace*.

    Attributes:
        application: the application.
        footprint: what its samples loaded.
        converted: the models that the samples ran with; None: the application's own.
        agreement: how far converted models agree with the originals; None: no sample ran one.
    """

    application: Application
    footprint: Footprint
    converted: ConvertedModels | None = None
    agreement: Agreement | None = None


@dataclass(frozen=True)
class Packaged:
    """The result of the stage *package*: the package, and Windows libraries that it lacks."""

    package: Package
    missing: tuple[ExternalDll, ...]


@dataclass(frozen=True)
class Verified:
    """The result of the stage *verify*.

    Attributes:
        parity: one comparison for each sample; None: nothing was compared.
        samples: the number of samples.
    """

    parity: Parity | None
    samples: int


@dataclass(frozen=True)
class Outcome:
    """The result of a build.

    Attributes:
        traced: the application, and what is known of it.
        plan: modules, packages, files and options, with reasons.
        package: size and contents; its path is the final one; None: it was a dry run.
        parity: the comparison of the samples; None: nothing was compared.
        seconds: of each stage.
        report: the content of `report.json`; None: it was a dry run.
        log: the output of the tools.
    """

    traced: Traced
    plan: BuildPlan
    package: Package | None
    parity: Parity | None
    seconds: dict[str, float]
    report: Report | None
    log: Path

    @property
    def application(self) -> Application:
        """The application that was built."""
        return self.traced.application

    @property
    def report_file(self) -> Path:
        """The path of the report."""
        return self.application.build / FILE

    @property
    def program(self) -> Path | None:
        """The file to start; None: it was a dry run."""
        if self.package is None:
            return None
        path = self.package.path
        return path / self.application.program if path.is_dir() else path
