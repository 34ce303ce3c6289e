from __future__ import annotations

import pytest

from tf2exe.verify.normalize import Places, common_form

HERE = Places((("/work/app", "<application>"),), ("run.py", "run"), ())


def test_paths_of_the_program_are_named_alike() -> None:
    ours = Places((("/clean/run", "<program>"), ("/clean", "<application>")), ("run",), ())
    text = b"/work/app/model.keras"
    assert common_form(text, HERE) == common_form(b"/clean/model.keras", ours) == "<application>/model.keras"


def test_the_longest_path_is_named_first() -> None:
    places = Places((("/work", "<short>"), ("/work/app/run.py", "<long>")), (), ())
    assert common_form(b"/work/app/run.py /work/x", places) == "<long> <short>/x"


@pytest.mark.parametrize(
    ("python", "executable"),
    [
        (b"usage: run.py [-h] image\n", b"usage: run [-h] image\n"),
        (b"usage: run.py\n", b"usage: run\n"),
        (b"run.py: error: no image\n", b"run: error: no image\n"),
        (b"Usage: run.py [OPTIONS]\n", b"Usage: run [OPTIONS]\n"),
        (b"Try 'run.py --help' for help.\n", b"Try 'run --help' for help.\n"),
        (
            b"usage: run.py [-h] [--top TOP]\n              image\n\noptions:\n",
            b"usage: run [-h] [--top TOP]\n           image\n\noptions:\n",
        ),
        (
            b"usage: run.py [-h] [--top TOP]\n              [--x] image\n\noptions:\n",
            b"usage: run [-h] [--top TOP] [--x]\n           image\n\noptions:\n",
        ),
    ],
)
def test_the_program_s_name_in_usage_lines(python: bytes, executable: bytes) -> None:
    assert common_form(python, HERE) == common_form(executable, HERE)


@pytest.mark.promise("parity", "Only paths and names of the program itself are normalised.")
@pytest.mark.parametrize(
    ("python", "executable"),
    [
        (b"usage: run.py [-h]\n", b"usage: run [-x]\n"),
        (b"usage: other [-h]\n", b"usage: run [-h]\n"),
        (b"made by run.py\n", b"made by run\n"),
        (b"usage: run.py [-h]\n\n  -h  help\n", b"usage: run [-h]\n\n  -h   help\n"),
    ],
)
def test_nothing_else_is_evened_out(python: bytes, executable: bytes) -> None:
    assert common_form(python, HERE) != common_form(executable, HERE)


def test_source_lines_of_modules_without_source_are_taken_out() -> None:
    places = Places((("/app", "<application>"),), (), ("<application>/own.py",))
    python = (
        b'Traceback (most recent call last):\n  File "/app/own.py", line 3, in f\n    g(x)\n    ^^^^\n'
        b'  File "/lib/other.py", line 9, in g\n    raise E\nE: no\n'
    )
    executable = (
        b'Traceback (most recent call last):\n  File "/app/own.py", line 3, in f\n'
        b'  File "/lib/other.py", line 9, in g\n    raise E\nE: no\n'
    )
    assert common_form(python, places) == common_form(executable, places)
    assert common_form(python.replace(b"line 3", b"line 4"), places) != common_form(executable, places)
    assert common_form(python.replace(b"raise E", b"raise X"), places) != common_form(executable, places)


def test_warnings_of_modules_without_source() -> None:
    places = Places((), (), ("<application>/own.py",))
    python = b"<application>/own.py:3: UserWarning: careful\n  warn()\nend\n"
    executable = b"<application>/own.py:3: UserWarning: careful\nend\n"
    assert common_form(python, places) == common_form(executable, places)


@pytest.mark.parametrize(
    ("python", "executable"),
    [
        (rb"Z:\app\own.py", rb"Z:\clean\run\own.py"),
        (rb"'Z:\\app\\own.py'", rb"'Z:\\clean\\run\\own.py'"),
        (b"file:///Z:/app/own.py", b"file:///Z:/clean/run/own.py"),
        (rb"Z:\site-packages\PIL\Image.py:3", rb"Z:\clean\run\lib\packages\PIL\Image.py:3"),
    ],
)
def test_each_spelling_of_a_windows_path(python: bytes, executable: bytes) -> None:
    """As Windows writes it, as `repr` and JSON do, and with slashes; the builder mixes both."""
    theirs = Places((("Z:\\app", "<application>"), ("Z:\\site-packages", "<packages>")), (), ())
    root = "Z:\\clean\\run"
    ours = Places(((root, "<application>"), (f"{root}/lib/packages", "<packages>")), (), ())
    assert common_form(python, theirs) == common_form(executable, ours)


def test_source_lines_are_taken_out_on_windows() -> None:
    places = Places((("Z:\\app", "<application>"),), (), ("<application>/own/f.py",))
    frame = b'  File "Z:\\app\\own\\f.py", line 3, in f\r\n'
    assert common_form(frame + b"    g(x)\r\n    ^^^^\r\nE\r\n", places) == common_form(
        frame + b"E\r\n", places
    )
