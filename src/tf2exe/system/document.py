"""JSON documents that a build writes and other commands read: typed values with a format number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from pathlib import Path


class DocumentError(ValueError):
    """A file is not the expected document; the message says why."""


class DocumentPart(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(frozen=True)


class Document(DocumentPart):
    """A document; a subclass has the field `format` with its number, which is raised when a key changes."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads a file.

        Raises:
            OSError: it cannot be read.
            DocumentError: it is another document, of another format, or damaged.
        """
        try:
            return cls.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise DocumentError(f"{path.name} has another format: {key}: {first['msg']}") from error
        except ValueError as error:
            raise DocumentError(f"{path.name} is not JSON: {error}") from error

    def text(self) -> str:
        """The document as JSON."""
        # pydantic's own writer refuses file names that are not UTF-8.
        return json.dumps(self.model_dump(mode="json"), indent=1)

    def write(self, path: Path) -> str:
        """Writes a file; returns its content."""
        text = self.text()
        path.write_text(text, encoding="utf-8")
        return text
