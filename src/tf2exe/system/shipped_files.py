"""Files that come with tf2exe: in a checkout next to `src`, in a wheel inside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_path(name: str) -> Path:
    """The path of a file or folder that both a checkout and an installed wheel have.

    Args:
        name: its path in the repository, such as `docs/how-to/smaller.md` or `nuitka_options`.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parents[1] / name
