from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tf2exe.cli import screen as module
from tf2exe.cli.screen import Line, Message, Relay, Screen
from tf2exe.cli.text import WIDEST
from tf2exe.system.progress import Stages, Step

if TYPE_CHECKING:
    from tf2exe.cli.text import State

LONG = (
    "2 of 2 modules compiled to C; 27 packages (4,092 files, 1,078 MB) bundled; 3 packages loaded by the "
    "samples but not needed"
)
PATH = "/a/very/long/path/of/a/file/that/must/stay/whole/because/somebody/copies/it/from/the/screen/x.json"


def make(
    width: int = 80, *, terminal: bool = True, encoding: str = "utf-8"
) -> tuple[Screen, io.TextIOWrapper]:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    console = Console(file=out, force_terminal=terminal, color_system=None, width=width)

    def describe(result: object) -> Message:
        return result if isinstance(result, Message) else Message("" if result is None else str(result))

    def describe_step(now: str | Step) -> str:
        return f"about to {now}" if isinstance(now, str) else f"{now.activity} {now.item} {now.number}"

    screen = Screen(console, describe, describe_step)
    screen.on_stages(["config", "compile", "verify"])
    return screen, out


def text_of(out: io.TextIOWrapper) -> str:
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return out.buffer.getvalue().decode(out.encoding)


def line(text: str, state: State = "done", seconds: float | None = 1.25) -> Line:
    return Line(1, 3, "config", state, seconds, text)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_lines_wrap_at_words_below_their_text(width: int) -> None:
    screen, out = make(width)
    screen.show(line(LONG))
    lines = text_of(out).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= min(width, WIDEST)
    assert " ".join(" ".join(lines).split()).endswith(LONG)
    column = 4 if width < module.NARROW else len("✓ [1/3] config     1.2 s  ")
    begins = [len(text) - len(text.lstrip()) for text in lines[1:]]
    assert set(begins) == {column}
    if width >= module.NARROW:
        assert lines[0].startswith("✓ [1/3] config     1.2 s  2 of 2")


@pytest.mark.parametrize("width", [40, 80])
def test_a_path_stays_whole(width: int) -> None:
    screen, out = make(width)
    screen.show(line(f"written to {PATH} for you"))
    assert PATH in text_of(out).split()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_columns_are_the_same_while_a_stage_runs_and_once_it_has_ended(width: int) -> None:
    screen, out = make(width)
    running = "⠋ " + screen.running(line(LONG, "running")).plain
    assert "\n" not in running
    assert len(running) < width
    assert running.endswith("…")
    screen.show(line("short"))
    ended = text_of(out).splitlines()[0]
    head = len("✓ [1/3] config     1.2 s")
    assert running[2:head] == ended[2:head]


def test_a_warning_has_its_own_sign_and_further_ones_have_lines_below() -> None:
    screen, out = make()
    stages = Stages(["config", "compile", "verify"], screen)
    with stages.run("config") as stage:
        stage.set_result(Message("nothing was done; do it", is_warning=True))
    with stages.run("compile") as stage:
        stage.set_result(Message("done", warnings=("a.dll [b] is missing", "another")))
    lines = [re.split(r"\x1b\[[0-9?]*[a-zA-Z]|\r", text)[-1] for text in text_of(out).splitlines()]
    shown = [text for text in lines if text and not text.startswith("⠋")]
    assert shown == [
        "! [1/3] config     0.0 s  nothing was done; do it",
        "✓ [2/3] compile    0.0 s  done",
        "!                         a.dll [b] is missing",
        "!                         another",
    ]


def test_plain_lines_without_a_terminal() -> None:
    screen, out = make(40, terminal=False)
    stages = Stages(["config", "compile", "verify"], screen)
    with stages.run("config") as stage:
        stage.set_result(f"run.py [x]: {LONG}")
    with stages.run("compile") as stage:
        stage.set_result(Message("", warnings=("a.dll [b] is missing",)))
    with pytest.raises(ValueError, match="no"), stages.run("verify"):
        raise ValueError("no")
    assert text_of(out).splitlines() == [
        f"[1/3] config: done (0.0 s): run.py [x]: {LONG}",
        "[2/3] compile: done (0.0 s)",
        "[2/3] compile: warning: a.dll [b] is missing",
        "[3/3] verify: failed (0.0 s)",
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_no_sign_that_the_encoding_lacks(encoding: str) -> None:
    for terminal in (True, False):
        screen, out = make(terminal=terminal, encoding=encoding)
        for state in ("done", "warning", "failed"):
            screen.show(line("text", state))
        assert text_of(out).isascii()


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    screen, out = make()
    stages = Stages(["config"], screen)
    with stages.run("config"):
        pass
    assert text_of(out) == "[1/1] config: done (0.0 s)\n"


def test_a_long_stage_reports_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.01)
    screen, out = make(terminal=False)
    with Stages(["compile"], screen).run("compile") as stage:
        _wait(out, "about to compile")
        stage.step(Step("compile", "[files]", 3, 9))
        stage.step(Step("bundle", "MB", 70, 100, beside=True))
        _wait(out, "compile [files] 3; bundle MB 70")
        stage.step(Step("bundle", "MB", 100, 100, beside=True))
        _wait(out, "compile [files] 3\n")
    assert re.match(r"\[1/1\] compile: running \(0\.\d s\): about to compile\n", text_of(out))
    assert "\x1b" not in text_of(out)


def _wait(out: io.TextIOWrapper, text: str) -> None:
    deadline = time.monotonic() + 30
    while text not in text_of(out):
        assert time.monotonic() < deadline, text_of(out)
        time.sleep(0.005)


@pytest.mark.parametrize(
    "shown",
    [
        line("text: with (3 s) colons"),
        line("", "failed"),
        line("a warning", "warning", None),
        line("what it does", "running", 17.0),
    ],
)
def test_a_plain_line_can_be_read_back(shown: Line) -> None:
    assert Line.read(shown.plain) == (
        shown if shown.seconds is None else Line(**{**vars(shown), "seconds": round(shown.seconds, 1)})
    )


@pytest.mark.parametrize("text", ["", "[1/3] nothing", "tf2exe: [1/3] config: done", "cannot read [1/3] x"])
def test_other_lines_are_no_stages(text: str) -> None:
    assert Line.read(text) is None


def test_lines_of_a_builder_without_terminal_look_as_if_it_had_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen, out = make()
    relay = Relay(screen)
    with relay.shown():
        relay.error_line(line("what it does", "running").plain)
        relay.error_line(line(LONG).plain)
        relay.error_line("tf2exe: an error")
    relay.line("    size  3 MB")
    text = text_of(out)
    assert "✓ [1/3] config     1.2 s  2 of 2 modules compiled to C; 27 packages (4,092" in text
    assert "tf2exe: an error" in text
    assert "running (" not in text
    assert capsys.readouterr().out == "    size  3 MB\n"
