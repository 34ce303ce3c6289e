"""What an executable says of its build, so that it can be inspected and compared wherever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tf2exe import layout
from tf2exe.errors import ConfigurationError
from tf2exe.system.document import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path


class BuildInfo(Document):
    """What an executable says of its build.

    Attributes:
        format: keys were only added since 1.
        name: of the program.
        sourceless: the modules whose source is not bundled, as a comparison with Python names them.
        runtime: what computes the models; empty: an older build.
        models: the converted models by their place, each with its SHA-256.
    """

    format: Literal[1] = 1
    name: str
    sourceless: tuple[str, ...]
    runtime: str = ""
    models: dict[str, str] = Field(default_factory=dict)


def find(root: Path) -> BuildInfo | None:
    """What the files of an executable say; None: tf2exe did not make them.

    Raises:
        ConfigurationError: the file is damaged.
    """
    try:
        return BuildInfo.read(root / layout.BUILD_INFO)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except DocumentError as error:
        raise ConfigurationError(f"{root} is damaged", str(error), "build it again") from error
