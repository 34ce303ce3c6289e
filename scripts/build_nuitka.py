"""Builds the bundled image classifier, or any other program, into one native executable.

`python scripts/build_nuitka.py [OPTIONS]` is `tf2exe build [OPTIONS]`, started in the checkout's folder.
"""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "src"))

from tf2exe.__main__ import run_script  # noqa: E402 - found only with the path above

if __name__ == "__main__":
    sys.exit(run_script(CHECKOUT, "build"))
