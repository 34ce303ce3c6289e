"""The command line: arguments in, results on standard output, an exit code for every outcome."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from image_classifier import __version__, locations
from image_classifier.errors import ClassifierError, ExitCode, one_line
from image_classifier.inputs import STANDARD_INPUT, image_sources
from image_classifier.messages import Messages
from image_classifier.output import UNENCODABLE, opened_output
from image_classifier.results import FORMATS, result_writer
from image_classifier.runtimes import check_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from image_classifier.inference import ImageClassifier

PROGRAM = "image-classifier"
MOST_THREADS = 1024
EPILOG = """\
exit codes: 0 all images answered; 2 wrong usage; 3 an image could not be read (the others are answered);
4 model; 5 labels; 6 output; 7 the self-test differs; 8 nothing to self-test; 130 interrupted; 141 closed pipe
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """As of argparse, in one line whatever is in the arguments that the message quotes."""
        super().error(one_line(message))


def parser() -> argparse.ArgumentParser:
    """The arguments; `prog` is fixed, so that Python and the executable speak in the same words."""
    arguments = _Parser(
        prog=PROGRAM,
        description="Names what photographs show.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = arguments.add_argument
    add(
        "images",
        nargs="*",
        metavar="IMAGE",
        help="an image, a folder, a pattern such as '*.jpg', or - (standard input)",
    )
    add("--top", type=_positive, default=5, metavar="K", help="how many classes to name (default: 5)")
    add("--format", choices=FORMATS, default="text", help="format of the results (default: text)")
    add("--output", metavar="FILE", help="write the results to a file, which is whole or not there")
    add(
        "--model",
        metavar="PATH",
        help="a .tflite, .keras or .h5 file or SavedModel folder (default: the bundled one)",
    )
    add(
        "--labels",
        metavar="FILE",
        help="names of the model's classes, one a line (default: the bundled ones)",
    )
    add(
        "--batch-size", type=_positive, default=32, metavar="N", help="images predicted at once (default: 32)"
    )
    add("--threads", type=_threads, metavar="N", help="threads that compute (default: one a processor)")
    add(
        "--self-test",
        action="store_true",
        help="compare this machine's answers with those recorded at build time",
    )
    add("--version", action="version", version=f"{PROGRAM} {__version__}")
    return arguments


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def _threads(text: str) -> int:
    number = _positive(text)
    if number > MOST_THREADS:  # TensorFlow starts them all: hundreds of thousands take it minutes
        raise argparse.ArgumentTypeError(f"{text!r} is more than {MOST_THREADS}")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        argv: The arguments, without the program's name; those of the process when not given.

    Returns:
        The exit code, see `ExitCode`.
    """
    _prepare_streams()
    # What Pillow warns of (odd metadata, mostly) does not change the answer; an unreadable image is an error.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        code = run(sys.argv[1:] if argv is None else argv, Models())
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _forget(sys.stdout)
        code = ExitCode.CLOSED_PIPE
    except OSError as error:
        Messages(PROGRAM).error(
            f"standard output cannot be written ({error.strerror}); give another --output"
        )
        _forget(sys.stdout)
        code = ExitCode.OUTPUT
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        _forget(sys.stderr)
    return code


class Models:
    """The classifiers of this process: each is loaded once, when the first image asks for it."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str | None, str | None, int | None], ImageClassifier] = {}

    @staticmethod
    def check(model: str | None) -> None:
        """Makes sure, at no cost, that there is something to load.

        Raises:
            ModelError: There is not.
        """
        check_model(locations.default_model() if model is None else Path(model))

    def loader(
        self, model: str | None, labels: str | None, threads: int | None = None
    ) -> Callable[[], ImageClassifier]:
        """A function that gives the classifier of a model and its labels."""

        def load() -> ImageClassifier:
            from image_classifier.inference import ImageClassifier  # noqa: PLC0415  brings NumPy

            key = (model, labels, threads)
            if key not in self._loaded:
                self._loaded[key] = ImageClassifier(model, labels, threads)
            return self._loaded[key]

        return load


def run(argv: Sequence[str], models: Models) -> int:
    """Runs one command line; standard output and error are whatever `sys` has at the moment.

    Returns:
        The exit code.

    Raises:
        BrokenPipeError: The reader of standard output has gone.
    """
    try:
        options = parser().parse_args(argv)
        return _self_test(models) if options.self_test else _classify(options, models)
    except SystemExit as stop:  # argparse has already said why
        return stop.code if isinstance(stop.code, int) else ExitCode.USAGE
    except ClassifierError as error:
        Messages(PROGRAM).error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _self_test(models: Models) -> int:
    from image_classifier.self_test import self_test  # noqa: PLC0415  rarely needed

    return self_test(locations.golden_folder(), lambda argv: run(argv, models))


def _classify(options: argparse.Namespace, models: Models) -> int:
    if not options.images:
        parser().error("no image given; give an image, a folder or - (see --help)")
    if options.images.count(STANDARD_INPUT) > 1:
        parser().error("standard input (-) can be given only once")
    from image_classifier.classify import classify  # noqa: PLC0415  brings NumPy

    sources = image_sources(options.images)
    messages = Messages(PROGRAM, len(sources))
    load = models.loader(options.model, options.labels, options.threads)
    models.check(options.model)
    code = ExitCode.OK
    with opened_output(options.output) as stream:
        writer = result_writer(options.format, stream, several=len(sources) > 1)
        answers = classify(sources, load, top=options.top, batch_size=options.batch_size)
        for done, answer in enumerate(answers, start=1):
            if answer.error is not None:
                messages.image_error(answer.name, answer.error)
                code = ExitCode.IMAGE
            messages.clear()
            writer.add(answer)
            messages.progress(done)
        messages.clear()
        writer.finish()
    return code


def _prepare_streams() -> None:
    """UTF-8 whatever the locale, the same line ends on every platform."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=UNENCODABLE, newline="\n")


def _forget(stream: TextIO) -> None:
    """Keeps the interpreter from failing (exit code 120) when it flushes at its end what nobody can take."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
