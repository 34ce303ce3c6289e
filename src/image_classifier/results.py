"""The formats of the results: text for people; json, jsonl and csv for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

from image_classifier.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from image_classifier.classify import Answer

FORMAT_VERSION: Final = 1
CSV_COLUMNS: Final = ("image", "rank", "index", "label", "probability", "error")


class ResultWriter(Protocol):
    """Writes answers in one format."""

    def add(self, answer: Answer) -> None:
        """Takes the answer for the next image."""
        ...

    def finish(self) -> None:
        """Writes what can only be written at the end."""
        ...


class TextWriter:
    """A label and its percentage a line, a heading for each of several images; none for a failed one."""

    def __init__(self, stream: TextIO, *, headings: bool) -> None:
        self._stream = stream
        self._headings = headings
        self._separator = ""

    def add(self, answer: Answer) -> None:
        """See `ResultWriter.add`."""
        if answer.error is not None:
            return
        labels = [one_line(prediction.label) for prediction in answer.predictions]
        width = max(map(len, labels), default=0)
        lines = [
            f"{label:{width}}  {p.probability:7.2%}"
            for label, p in zip(labels, answer.predictions, strict=True)
        ]
        if self._headings:
            lines = [f"{self._separator}{one_line(answer.name)}", *(f"  {line}" for line in lines)]
            self._separator = "\n"
        self._stream.writelines(f"{line}\n" for line in lines)
        self._stream.flush()

    def finish(self) -> None:
        """See `ResultWriter.finish`."""
        self._stream.flush()


class JsonWriter:
    """One document with all images."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._images: list[dict[str, Any]] = []

    def add(self, answer: Answer) -> None:
        """See `ResultWriter.add`."""
        self._images.append(_as_object(answer))

    def finish(self) -> None:
        """See `ResultWriter.finish`."""
        import json  # noqa: PLC0415  not needed for text

        document = {"format": FORMAT_VERSION, "images": self._images}
        self._stream.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        self._stream.flush()


class JsonLinesWriter:
    """One object an image and line, written as soon as it is known."""

    def __init__(self, stream: TextIO) -> None:
        import json  # noqa: PLC0415  not needed for text

        self._stream = stream
        self._as_text = json.JSONEncoder(ensure_ascii=False).encode

    def add(self, answer: Answer) -> None:
        """See `ResultWriter.add`."""
        line = {"format": FORMAT_VERSION, **_as_object(answer)}
        self._stream.write(self._as_text(line) + "\n")
        self._stream.flush()

    def finish(self) -> None:
        """See `ResultWriter.finish`."""
        self._stream.flush()


class CsvWriter:
    """One row a prediction, one row a failed image."""

    def __init__(self, stream: TextIO) -> None:
        import csv  # noqa: PLC0415  not needed for text

        self._stream = stream
        self._csv = csv.writer(stream, lineterminator="\n")
        self._csv.writerow(CSV_COLUMNS)

    def add(self, answer: Answer) -> None:
        """See `ResultWriter.add`."""
        if answer.error is not None:
            self._csv.writerow([answer.name, "", "", "", "", answer.error.code])
        for rank, best in enumerate(answer.predictions, start=1):
            self._csv.writerow([answer.name, rank, best.index, best.label, repr(best.probability), ""])
        self._stream.flush()

    def finish(self) -> None:
        """See `ResultWriter.finish`."""
        self._stream.flush()


def _as_object(answer: Answer) -> dict[str, Any]:
    if answer.error is not None:
        return {"image": answer.name, "error": {"code": answer.error.code, "message": str(answer.error)}}
    # A float32 widened to Python's float is exact, and its shortest decimal reads back as the same value.
    return {"image": answer.name, "predictions": [prediction._asdict() for prediction in answer.predictions]}


FORMATS: Final = ("text", "json", "jsonl", "csv")


PLAIN_WRITERS: Final[dict[str, Callable[[TextIO], ResultWriter]]] = {
    "json": JsonWriter,
    "jsonl": JsonLinesWriter,
    "csv": CsvWriter,
}


def result_writer(name: str, stream: TextIO, *, several: bool) -> ResultWriter:
    """The writer of a format.

    Args:
        name: One of `FORMATS`.
        stream: What it writes to.
        several: Whether there is more than one image.
    """
    if name == "text":
        return TextWriter(stream, headings=several)
    return PLAIN_WRITERS[name](stream)
