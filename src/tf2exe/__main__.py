"""The command `tf2exe`: the one place that catches errors, prints and exits."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import __version__
from tf2exe.errors import InterruptionError, TerminationError, Tf2exeError
from tf2exe.system.signals import Terminated, raise_on_termination

if TYPE_CHECKING:
    from collections.abc import Sequence


NOTHING_LEFT = "no incomplete output was left"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    try:
        with raise_on_termination():
            return _run(list(sys.argv[1:] if arguments is None else arguments))
    except Terminated as signal:
        problem: Tf2exeError = TerminationError("stopped", str(signal), NOTHING_LEFT)
    except KeyboardInterrupt:
        problem = InterruptionError("interrupted", "Ctrl-C", NOTHING_LEFT)
    except Tf2exeError as error:
        problem = error
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - the last line of defence; the details are kept for a report
        problem = _internal(error)
    from tf2exe.cli.text import new_console, print_text  # noqa: PLC0415 - as in make_parser

    print_text(new_console(stderr=True), str(problem), head="tf2exe: ", style="red")
    return problem.exit_code


def _run(arguments: list[str]) -> int:
    """Parses and runs a command."""
    parser = make_parser()
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown and "what" in parsed:
        parsed.what += unknown  # `tf2exe explain --mode` asks about an option
    elif unknown[:1] == ["--"] and "spec_arguments" in parsed:
        parsed.spec_arguments += unknown[1:]
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    parsed.words = arguments
    from tf2exe.cli.text import new_console  # noqa: PLC0415 - as in make_parser

    return int(parsed.run(parsed, new_console(stderr=True)))


def _internal(error: Exception) -> Tf2exeError:
    """A bug of tf2exe: one line for the user, the traceback in a file."""
    with tempfile.NamedTemporaryFile("w", prefix="tf2exe-", suffix=".log", delete=False) as log:
        traceback.print_exception(error, file=log)
    return Tf2exeError(
        "internal error", f"{type(error).__name__}: {error}", "please report it with the log", Path(log.name)
    )


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands.

    They are imported here, inside the code that catches errors: Ctrl-C while they load prints one line, too.
    """
    from tf2exe import cli  # noqa: PLC0415 - see above

    parser = argparse.ArgumentParser(prog="tf2exe")
    parser.description = "Turn a Python program that runs a TensorFlow model into one native executable."
    parser.add_argument("--version", action="version", version=f"tf2exe {__version__}")
    parsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in cli.import_commands():
        own = parsers.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return parser


def run_in(folder: Path, arguments: Sequence[str]) -> int:
    """Runs a command as if it had been started in ``folder`` (for the scripts of a checkout)."""
    os.chdir(folder)
    return main(arguments)


def run_script(checkout: Path, command: str) -> int:
    """Runs a command for a script: on the checkout's own program, unless the command line names another."""
    given = sys.argv[1:]
    names_another = "--config" in given or any(not text.startswith("-") for text in given[:1])
    return main([command, *given]) if names_another else run_in(checkout, [command, *given])


if __name__ == "__main__":
    sys.exit(main())
