"""Compares the bundled image classifier, or any other program, in Python, with PyInstaller and with tf2exe.

`python scripts/compare_builds.py [OPTIONS]` is `tf2exe compare [OPTIONS]`, started in the checkout's folder.
"""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "src"))

from tf2exe.__main__ import run_script  # noqa: E402 - found only with the path above

if __name__ == "__main__":
    sys.exit(run_script(CHECKOUT, "compare"))
