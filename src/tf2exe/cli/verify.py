"""`tf2exe verify`: compares the output of an executable with Python, over a whole corpus."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tf2exe.cli import build_messages
from tf2exe.cli.screen import Relay
from tf2exe.cli.text import is_plain, new_console, print_text
from tf2exe.config.stage import load_application
from tf2exe.convert.built_models import read_runtime
from tf2exe.cross import handover
from tf2exe.errors import ParityError
from tf2exe.samples import corpus
from tf2exe.verify.corpus_run import CaseResult, CorpusResult, verify_corpus
from tf2exe.verify.isolation import find_program

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from tf2exe.config.application import Application
    from tf2exe.samples.corpus import Corpus

NAME = "verify"
HELP = "Compare the output of an executable with its Python program, over many command lines."
SHOWN = 10
"""The number of differences that are shown in full."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the executable, the program, the corpus and options of the comparison."""
    parser.add_argument("executable", type=Path, help="The onefile, or the folder of mode standalone.")
    parser.add_argument(
        "--against",
        required=True,
        metavar="APPLICATION",
        help="The Python program, as given to `tf2exe build`: a script, package or function; or a "
        "pyproject.toml.",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="The cases: a folder with a cases.toml, or a folder of files, each the argument of one case.",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="Only cases with matching names. May be repeated.",
    )
    parser.add_argument("--alone", action="store_true", help="Run each case in a process of its own.")
    parser.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="Cases in parallel (0: one per CPU, up to 4).",
    )
    parser.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="REGEX",
        help="Regex of text to ignore (see `mask` in the configuration). May be repeated.",
    )
    parser.add_argument(
        "--ignore-files",
        action="append",
        default=[],
        metavar="PATTERN",
        help="Written files to ignore (see `ignore-files` in the configuration). May be repeated.",
    )
    parser.add_argument(
        "--python-path",
        action="append",
        default=[],
        metavar="FOLDER",
        help="Folders to search for the application's modules. May be repeated.",
    )
    parser.add_argument(
        "--build-dir", default=None, metavar="FOLDER", help="Build folder, which holds converted models."
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="Save both outputs of failing cases to FOLDER.",
    )
    parser.add_argument("--json", action="store_true", help="Write the result as JSON.")


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command; 7: an output differs."""
    application = _application(arguments)
    built, name = find_program(arguments.executable)
    if handover.is_foreign_program(name):
        relay = Relay(build_messages.make_screen(errors), raw=arguments.json)
        call = handover.Command(arguments.words, Path.cwd(), relay)
        return handover.delegate_verify(application, read_runtime(built), call)
    cases = corpus.read_corpus(arguments.corpus.resolve(), arguments.only)
    jobs = arguments.jobs if arguments.jobs > 0 else min(4, os.cpu_count() or 1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=is_plain(errors)) as progress:
        task = progress.add_task("cases", total=len(cases.cases))
        result = verify_corpus(
            application,
            arguments.executable,
            cases,
            alone=arguments.alone,
            jobs=jobs,
            kept=arguments.keep.resolve() if arguments.keep else None,
            on_case=lambda _: progress.advance(task),
        )
    if arguments.json:
        sys.stdout.write(json.dumps(_as_json(result, cases, arguments), indent=1) + "\n")
    else:
        _show(result, new_console())
        _show_skipped(cases, new_console())
    return 0 if result.same else ParityError.exit_code


def _application(arguments: argparse.Namespace) -> Application:
    """The given program, with the settings of its own pyproject.toml if there is one."""
    given: dict[str, Any] = {}
    if arguments.python_path:
        given["python-path"] = arguments.python_path
    if arguments.build_dir:
        given["build-dir"] = arguments.build_dir
    named = Path(arguments.against)
    described = named / "pyproject.toml" if named.is_dir() else named
    if described.suffix == ".toml" and (described.is_file() or not named.is_dir()):
        application = load_application(described.resolve(), given, Path.cwd())
    else:
        application = load_application(None, {**given, "entry": arguments.against}, Path.cwd())
    verify = application.settings.verify
    more = {
        "mask": [*verify.mask, *arguments.mask],
        "ignore_files": [*verify.ignore_files, *arguments.ignore_files],
    }
    settings = application.settings.model_copy(update={"verify": verify.model_copy(update=more)})
    return replace(application, settings=settings)


def _as_json(result: CorpusResult, cases: Corpus, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "format": 1,
        "executable": str(arguments.executable),
        "against": arguments.against,
        "corpus": str(arguments.corpus),
        "same": result.same,
        "processes": result.processes,
        "python": vars(result.opened_files),
        "cases": [_case_as_json(case) for case in result.cases],
        "left_out": dict(cases.left_out),
    }


def _case_as_json(case: CaseResult) -> dict[str, Any]:
    comparison = case.comparison
    return {
        "name": comparison.sample,
        "group": case.group,
        "same": comparison.same,
        "difference": vars(comparison.difference) if comparison.difference else None,
        "unstable": comparison.unstable,
        "masked": list(comparison.masked),
        "process": case.process,
        "exit_code": case.exit_code,
        "python_seconds": round(case.seconds[0], 3),
        "executable_seconds": round(case.seconds[1], 3),
    }


def _show(result: CorpusResult, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("group", "cases", "match", "differ", "not comparable", "ignored differences"):
        table.add_column(name, justify="left" if name in {"group", "ignored differences"} else "right")
    for group in dict.fromkeys(case.group for case in result.cases):
        table.add_row(group, *_counts([case for case in result.cases if case.group == group]))
    if table.row_count > 1:
        table.add_section()
        table.add_row("all", *_counts(list(result.cases)))
    console.print(table)
    different = [case for case in result.cases if not case.comparison.same]
    for case in different[:SHOWN]:
        text = f"{case.comparison.sample}: {case.comparison}"
        print_text(console, text, hang=2)
    if len(different) > SHOWN:
        print_text(console, f"and {len(different) - SHOWN} more (--json lists all)")
    _show_opened_files(result, console)


def _show_skipped(cases: Corpus, console: Console) -> None:
    for why, count in Counter(why for _, why in cases.left_out).items():
        print_text(console, f"{count} cases skipped: {why}", hang=2)


def _counts(cases: list[CaseResult]) -> list[str]:
    kinds = Counter(
        "same" if case.comparison.same else "unstable" if case.comparison.unstable else "different"
        for case in cases
    )
    masked = sorted({name for case in cases for name in case.comparison.masked})
    numbers = [len(cases), kinds["same"], kinds["different"], kinds["unstable"]]
    return [*(str(number) if number else "" for number in numbers), ", ".join(masked)]


def _show_opened_files(result: CorpusResult, console: Console) -> None:
    files = result.opened_files
    if files.why_not:
        text = f"files opened by the executable were not checked: {files.why_not}"
    elif files.found:
        text = f"the executable opened {len(files.found)} files of this Python: {', '.join(files.found[:3])}"
    else:
        text = f"the executable opened {files.opened} files, none of this Python, its packages or the source"
    print_text(console, text, hang=2)
