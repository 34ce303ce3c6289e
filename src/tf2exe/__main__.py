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
from tf2exe.cli import (
    baseline,
    build,
    clear_cache,
    compare,
    doctor,
    explain,
    import_spec,
    inspect,
    toolchain,
    verify,
)
from tf2exe.cli.screen import new_console, say
from tf2exe.errors import InterruptionError, TerminationError, Tf2exeError
from tf2exe.system.signals import Terminated, raise_on_termination

if TYPE_CHECKING:
    from collections.abc import Sequence


NOTHING_LEFT = "no incomplete output was left"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    parser = make_parser()
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown and "what" in parsed:
        parsed.what += unknown  # `tf2exe explain --mode` asks about an option
    elif unknown[:1] == ["--"] and "spec_arguments" in parsed:
        parsed.spec_arguments += unknown[1:]
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    parsed.words = list(sys.argv[1:] if arguments is None else arguments)
    errors = new_console(stderr=True)
    try:
        with raise_on_termination():
            return int(parsed.run(parsed, errors))
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
    say(errors, str(problem), head="tf2exe: ", style="red")
    return problem.exit_code


def _internal(error: Exception) -> Tf2exeError:
    """A bug of tf2exe: one line for the user, the traceback in a file."""
    with tempfile.NamedTemporaryFile("w", prefix="tf2exe-", suffix=".log", delete=False) as log:
        traceback.print_exception(error, file=log)
    return Tf2exeError(
        "internal error", f"{type(error).__name__}: {error}", "please report it with the log", Path(log.name)
    )


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="tf2exe", description=__doc__.partition(":")[0])
    parser.description = "Turn a Python program that runs a TensorFlow model into one native executable."
    parser.add_argument("--version", action="version", version=f"tf2exe {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (
        build,
        verify,
        explain,
        inspect,
        doctor,
        baseline,
        compare,
        import_spec,
        clear_cache,
        toolchain,
    ):
        own = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
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
