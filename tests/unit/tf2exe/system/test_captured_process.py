from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import Tf2exeError
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.system.captured_process import Stream


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_capture_keeps_the_streams_apart(tmp_path: Path) -> None:
    code = "import sys, os; print(sys.stdin.read(), os.getcwd()); sys.stderr.write('e'); sys.exit(5)"
    done = run_captured(python(code), cwd=tmp_path, env=dict(os.environ), stdin=b"in")
    assert done.stdout.split() == [b"in", str(tmp_path).encode()]
    assert (done.stderr, done.exit_code) == (b"e", 5)
    assert done.command == tuple(python(code))
    assert done.seconds > 0


def test_capture_gives_the_signal(tmp_path: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert run_captured(python(code), cwd=tmp_path, env=dict(os.environ)).exit_code != 0


def test_capture_gives_up(tmp_path: Path) -> None:
    with pytest.raises(Tf2exeError, match="did not end"):
        run_captured(python("import time; time.sleep(60)"), cwd=tmp_path, env=dict(os.environ), timeout=0.2)


@pytest.mark.skipif(sys.platform == "win32", reason="streams of POSIX")
@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ("closed", "None"),
        ("broken-pipe", "BrokenPipeError"),
        ("full-device", "OSError"),
        ("captured", "fine"),
    ],
)
def test_capture_with_streams_that_take_nothing(tmp_path: Path, stream: Stream, said: str) -> None:
    code = (
        "import sys\ntry:\n  print('x', flush=True)\n"
        "except OSError as e:\n  sys.stderr.write(type(e).__name__)\n  sys.stdout = None\n"
        "else:\n  sys.stderr.write('None' if sys.stdout is None else 'fine')\n"
    )
    done = run_captured([sys.executable, "-c", code], cwd=tmp_path, env={}, stdout=stream)
    assert (done.stdout, done.stderr.decode()) == (b"x\n" if stream == "captured" else b"", said)
