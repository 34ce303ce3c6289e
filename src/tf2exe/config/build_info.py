"""Facts about the build, in the executable: `inspect` and `verify` read them on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tf2exe import layout
from tf2exe.errors import ConfigurationError
from tf2exe.system.document import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path


class BuildInfo(Document):
    """Facts about the build of an executable.

    Attributes:
        format: since 1, keys were only added.
        name: the name of the program.
        sourceless: the modules whose source is not bundled: their tracebacks have no source lines.
        runtime: the inference runtime; empty: an older build.
        models: the SHA-256 of each converted model, by its path.
    """

    format: Literal[1] = 1
    name: str
    sourceless: tuple[str, ...]
    runtime: str = ""
    models: dict[str, str] = Field(default_factory=dict)


def find(root: Path) -> BuildInfo | None:
    """The facts in the folder of an executable; None: tf2exe did not make it.

    Raises:
        ConfigurationError: the file is damaged.
    """
    try:
        return BuildInfo.read(root / layout.BUILD_INFO)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except DocumentError as error:
        raise ConfigurationError(f"{root} is damaged", str(error), "build it again") from error
