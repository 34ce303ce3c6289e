"""Command lines: every option with good and bad values, streams, and nothing at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from corpus_making.photographs import photograph, saved

if TYPE_CHECKING:
    from corpus_making.collection import Collection

NUMBERS = ("0", "-1", "1.5", "abc", "", " ", "1e3", "0x10", "²", "+-1", "1,0", "None", "-")
WORDS = ("", "TEXT", "xml", "json ", "text,json", "jsonl\n")
PHOTO = "line/photo.jpg"
SECOND = "line/second photo.png"


def add(collection: Collection) -> None:
    """Adds all of them, and the files that they name."""
    collection.file(PHOTO, saved(photograph("rocket.jpg", 200), "JPEG"))
    collection.file(SECOND, saved(photograph("coffee.png", 200), "PNG"))
    collection.file("line/labels.txt", "\n".join(f"class {n}" for n in range(1000)).encode())
    collection.file("line/three.txt", b"one\ntwo\nthree\n")
    collection.file("line/empty.txt", b"")
    collection.file("line/latin.txt", b"caf\xe9\n" * 1000)
    collection.file("line/broken.keras", b"no model")
    collection.file("line/broken.h5", b"\x89HDF\r\n\x1a\n" + bytes(64))
    collection.file("line/model/readme.txt", b"an empty folder is no model\n")
    collection.file("line/none/readme.txt", b"no images here\n")
    _usage(collection)
    _refused(collection)
    _streams(collection)
    _answers(collection)


def _usage(collection: Collection) -> None:
    """Lines that end before an image is looked at."""
    lines: list[tuple[str, ...]] = [
        (),
        ("--help",),
        ("-h",),
        ("--version",),
        ("--help", "--nope"),
        ("--", "--"),
    ]
    lines += [("--nope",), ("-x",), ("-xyz",), ("--form", "json", PHOTO), ("--top=3",), ("--",), ("---",)]
    lines += [(PHOTO, "--nope"), ("--version", "--top", "0"), ("--top", "0", "--version"), ("-", "-")]
    lines += [
        (option,) for option in ("--top", "--format", "--output", "--model", "--labels", "--batch-size")
    ]
    lines += [("--threads",), ("--threads", "many", PHOTO), ("--self-test", "--nope"), ("--help=x",)]
    lines += [(PHOTO, "--top", number) for number in NUMBERS]
    lines += [(PHOTO, f"--batch-size={number}") for number in NUMBERS]
    lines += [(PHOTO, "--format", word) for word in WORDS]
    lines += [("--top", "3", "--top", "x", PHOTO), ("--ünïcode", PHOTO), ("--top", "٣", "--nope"), ("--\n",)]
    for line in lines:
        collection.line(f"usage/{' '.join(map(repr, line)) or 'nothing'}", *line)
    for label, environment in {
        "narrow": {"COLUMNS": "40"},
        "wide": {"COLUMNS": "200"},
        "C": {"LC_ALL": "C"},
        "POSIX": {"LC_ALL": "POSIX"},
        "German": {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
        "colour": {"FORCE_COLOR": "1"},
    }.items():
        collection.line(f"usage/help, {label}", "--help", environment=environment)
        collection.line(f"usage/error, {label}", "--tøp", environment=environment)


def _refused(collection: Collection) -> None:
    """Lines whose images, model, labels or output are wrong."""
    missing = "no such photo.jpg"
    lines: dict[str, tuple[str, ...]] = {
        "missing": (missing,),
        "missing as json": (missing, "--format", "json"),
        "missing as jsonl": (missing, "--format", "jsonl"),
        "missing as csv": (missing, "--format", "csv"),
        "several missing": (missing, "one.png", "dos.png", "ünïcode.png", "line\nbreak.png"),
        "empty name": ("",),
        "empty name among others": ("", missing, ""),
        "name with an escape": ("\x1b[31mred.png",),
        "name of 300 characters": ("n" * 300 + ".png",),
        "name of 5000 characters": ("n" * 5000,),
        "folder without images": ("line/none",),
        "pattern without matches": ("line/*.bmp",),
        "pattern that is no pattern": ("line/[.bmp",),
        "working folder": (".",),
        "parent folder by a pattern": ("../no-such-*.png",),
        "model is missing": (PHOTO, "--model", "no.keras"),
        "model is a text": (PHOTO, "--model", "line/three.txt"),
        "model is a folder without one": (PHOTO, "--model", "line/model"),
        "model has no ending": (PHOTO, "--model", "line/none"),
        "model is empty": (PHOTO, "--model", ""),
        "labels without model": (PHOTO, "--labels", "no.txt", "--model", "no.keras"),
        "output into no folder": (PHOTO, "--output", "no/such/folder.txt", "--model", "no.keras"),
        "output onto a folder": (missing, "--output", "line"),
        "output of nothing": (missing, "--output", "out.json", "--format", "json"),
        "output with an empty name": (missing, "--output", ""),
        "no golden answers wanted": (missing, "--top", "3", "--batch-size", "1"),
        "after two dashes": ("--", "--top", "-x"),
    }
    for name, line in lines.items():
        collection.line(
            f"refused/{name}", *line, **({"files": ["line/none/readme.txt"]} if "." in line else {})
        )
    if sys.platform != "win32":
        collection.line("refused/device", "/dev/null")
        collection.line("refused/device without end", "/dev/zero")
        collection.line(
            "refused/output onto a full device", missing, "--format", "json", "--output", "/dev/full"
        )
        collection.line("refused/output to nowhere", missing, "--format", "json", "--output", "/dev/null")
    collection.line("refused/standard input is empty", "-")
    collection.line("refused/standard input is a text", "-", stdin="line/three.txt")


def _streams(collection: Collection) -> None:
    """Standard streams that take or give nothing; quick lines, and one that classifies."""
    states = ("closed", "broken-pipe", "full-device") if sys.platform != "win32" else ("broken-pipe",)
    missing = "no such photo.jpg"
    for state in states:
        for stream in ("stdout", "stderr"):
            for label, line in {
                "help": ("--help",),
                "wrong usage": ("--nope",),
                "missing": (missing, "--format", "jsonl"),
                "csv": (missing, "--format", "csv"),
                "version": ("--version",),
            }.items():
                collection.line(f"streams/{label}, {stream} {state}", *line, **{stream: state})
        both = {"stdout": state, "stderr": state}
        collection.line(f"streams/missing, both {state}", missing, "--format", "jsonl", **both)
        collection.line(f"streams/answered, stdout {state}", PHOTO, stdout=state)
    collection.line("streams/answered, C locale", PHOTO, "--format", "json", environment={"LC_ALL": "C"})


def _answers(collection: Collection) -> None:
    """Lines that classify, each with TensorFlow's start: few, each for several options."""
    both = (PHOTO, SECOND)
    lines: dict[str, tuple[str, ...]] = {
        "text": both,
        "text of one": (PHOTO, "--top", "1"),
        "json": (*both, "--format", "json", "--top", "1000"),
        "csv": (*both, "--format", "csv", "--top", "999999"),
        "jsonl": ("--format=jsonl", "--top=2", "--", *both),
        "folder": ("line", "--batch-size", "1", "--format", "jsonl"),
        "pattern": ("line/*photo.*", "--batch-size", "2"),
        "the same twice": (PHOTO, PHOTO, PHOTO, "--format", "csv"),
        "one is missing": (PHOTO, "missing.jpg", SECOND, "--format", "jsonl"),
        "output file": (*both, "--output", "results.csv", "--format", "csv"),
        "output replaces": (PHOTO, "--output", "line/three.txt"),
        "labels": (PHOTO, "--labels", "line/labels.txt"),
        "too few labels": (PHOTO, "--labels", "line/three.txt"),
        "labels that are no text": (PHOTO, "--labels", "line/latin.txt"),
        "no labels": (PHOTO, "--labels", "line/empty.txt"),
        "broken model": (PHOTO, "--model", "line/broken.keras"),
        "broken model of Keras 2": (PHOTO, "--model", "line/broken.h5"),
        "output into no folder": (PHOTO, "--output", "no/such/folder.txt"),
    }
    for name, line in lines.items():
        collection.line(
            f"answers/{name}", *line, **({"files": [PHOTO, "line/three.txt"]} if "output" in name else {})
        )
    collection.line("answers/standard input", "-", "--format", "json", stdin=PHOTO)
    collection.line("answers/standard input among files", SECOND, "-", "--format", "csv", stdin=PHOTO)
