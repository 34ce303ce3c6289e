"""`command-line.md`, from the parsers of the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_pages.markdown import cell, code, table
from tf2exe.__main__ import make_parser

if TYPE_CHECKING:
    import argparse

AROUND = """\
`python -m tf2exe` is the same command. `--help` shows the options of the program or of a command.
Messages and progress go to standard error, results to standard output. [Exit codes](exit-codes.md)
lists the exit codes.
"""


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of a parser, whose own help text depends on the terminal and on Python's version."""
    return parser._actions  # noqa: SLF001 - argparse has no other way to list them


def subparsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    return next(
        {str(name): parser for name, parser in action.choices.items()}
        for action in actions(make_parser())
        if isinstance(action.choices, dict)
    )


def spelled(action: argparse.Action) -> str:
    """An option with its value, or a positional argument."""
    value = action.metavar or "|".join(action.choices or ()) or action.dest.upper()
    if not action.option_strings:
        return f"{value}{' ...' if action.nargs == '+' else ''}"
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"


def usage(parser: argparse.ArgumentParser) -> str:
    """The usage in one line, positional arguments last."""
    words = [
        f"[{spelled(action)}]" if action.nargs == "?" else spelled(action)
        for action in actions(parser)
        if not action.option_strings
    ]
    return " ".join([parser.prog, "[OPTIONS]", *words])


def page() -> list[str]:
    """The lines of the page."""
    main, parsers = make_parser(), subparsers()
    lines = ["# Command line", "", cell(main.description), ""]
    lines += ["```", f"{main.prog} [--version] COMMAND ...", "```", ""]
    lines += table(
        ["command", "meaning"],
        ([f"[`{name}`](#tf2exe-{name})", cell(parser.description)] for name, parser in parsers.items()),
    )
    lines += [*AROUND.splitlines(), ""]
    for name, parser in parsers.items():
        lines += [f"## `tf2exe {name}`", "", cell(parser.description), "", "```", usage(parser), "```", ""]
        own = [action for action in actions(parser) if action.dest != "help"]
        lines += table(["argument", "meaning"], ([code(spelled(a)), cell(a.help)] for a in own))
    return [*lines, "[Configuration](configuration.md) lists the defaults of `tf2exe build`."]
