from __future__ import annotations

import pytest

from tf2exe.verify.normalize import Substitutions, normalize

HERE = Substitutions((("/work/app", "<application>"),), ("run.py", "run"), ())


def test_paths_of_the_program_get_common_names() -> None:
    ours = Substitutions((("/clean/run", "<program>"), ("/clean", "<application>")), ("run",), ())
    text = b"/work/app/model.keras"
    assert normalize(text, HERE) == normalize(b"/clean/model.keras", ours) == "<application>/model.keras"


def test_the_longest_path_is_replaced_first() -> None:
    substitutions = Substitutions((("/work", "<short>"), ("/work/app/run.py", "<long>")), (), ())
    assert normalize(b"/work/app/run.py /work/x", substitutions) == "<long> <short>/x"


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
def test_the_name_of_the_program_in_usage_lines(python: bytes, executable: bytes) -> None:
    assert normalize(python, HERE) == normalize(executable, HERE)


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
def test_other_text_is_unchanged(python: bytes, executable: bytes) -> None:
    assert normalize(python, HERE) != normalize(executable, HERE)


def test_source_lines_of_modules_without_source_are_removed() -> None:
    used = Substitutions((("/app", "<application>"),), (), ("<application>/own.py",))
    python = (
        b'Traceback (most recent call last):\n  File "/app/own.py", line 3, in f\n    g(x)\n    ^^^^\n'
        b'  File "/lib/other.py", line 9, in g\n    raise E\nE: no\n'
    )
    executable = (
        b'Traceback (most recent call last):\n  File "/app/own.py", line 3, in f\n'
        b'  File "/lib/other.py", line 9, in g\n    raise E\nE: no\n'
    )
    assert normalize(python, used) == normalize(executable, used)
    assert normalize(python.replace(b"line 3", b"line 4"), used) != normalize(executable, used)
    assert normalize(python.replace(b"raise E", b"raise X"), used) != normalize(executable, used)


def test_warnings_of_modules_without_source() -> None:
    substitutions = Substitutions((), (), ("<application>/own.py",))
    python = b"<application>/own.py:3: UserWarning: careful\n  warn()\nend\n"
    executable = b"<application>/own.py:3: UserWarning: careful\nend\n"
    assert normalize(python, substitutions) == normalize(executable, substitutions)


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
    theirs = Substitutions((("Z:\\app", "<application>"), ("Z:\\site-packages", "<packages>")), (), ())
    root = "Z:\\clean\\run"
    ours = Substitutions(((root, "<application>"), (f"{root}/lib/packages", "<packages>")), (), ())
    assert normalize(python, theirs) == normalize(executable, ours)


def test_source_lines_are_removed_on_windows() -> None:
    substitutions = Substitutions((("Z:\\app", "<application>"),), (), ("<application>/own/f.py",))
    frame = b'  File "Z:\\app\\own\\f.py", line 3, in f\r\n'
    assert normalize(frame + b"    g(x)\r\n    ^^^^\r\nE\r\n", substitutions) == normalize(
        frame + b"E\r\n", substitutions
    )
