"""The functions that a `.spec` may call and whose value is the same when nothing is run: paths and texts."""

from __future__ import annotations

import glob
import importlib.util
import os
import platform
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from tf2exe.import_spec.values import Undecidable, Value, plain

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_LOOP: Final = 10_000

PURE: Final[dict[str, Callable[..., Value]]] = {
    "os.path.join": os.path.join,
    "os.path.dirname": os.path.dirname,
    "os.path.basename": os.path.basename,
    "os.path.abspath": lambda path: path,  # paths start from the spec's folder anyway
    "os.path.realpath": lambda path: path,
    "os.path.normpath": os.path.normpath,
    "os.path.expanduser": os.path.expanduser,
    "os.path.splitext": os.path.splitext,
    "os.path.split": os.path.split,
    "os.fspath": os.fspath,
    "os.getcwd": lambda: "",
    "pathlib.Path": Path,
    "pathlib.PurePath": PurePath,
    "pathlib.Path.cwd": Path,
    "platform.system": platform.system,
    "platform.machine": platform.machine,
    "str": str,
    "int": int,
    "bool": bool,
    "len": len,
    "list": list,
    "tuple": tuple,
    "set": set,
    "sorted": sorted,
    "dict": dict,
    "zip": lambda *parts: list(zip(*parts, strict=False)),
    "range": lambda *ends: list(range(*ends)[:LONGEST_LOOP]),
    "TOC": list,
    "enumerate": lambda values: list(enumerate(values)),
}

"""Functions that look at nothing but their arguments."""


def known(base: Path) -> dict[str, Callable[..., Value]]:
    """All functions; those that look at files start from ``base``, the folder of the spec file."""
    return {
        **PURE,
        "os.path.exists": lambda path: (base / path).exists(),
        "os.path.isfile": lambda path: (base / path).is_file(),
        "os.path.isdir": lambda path: (base / path).is_dir(),
        "os.listdir": lambda path=".": sorted(p.name for p in (base / path).iterdir()),
        "glob.glob": lambda pattern, recursive=False: sorted(
            glob.glob(pattern, root_dir=base, recursive=recursive)  # noqa: PTH207 - texts, as in the file
        ),
    }


LISTING: Final = frozenset(("glob", "rglob", "iterdir"))
LOOKING: Final = LISTING | {"exists", "is_file", "is_dir"}

METHODS: Final[dict[type, frozenset[str]]] = {
    str: frozenset(
        ("format", "join", "lower", "upper", "replace", "split", "strip", "lstrip", "rstrip", "startswith")
    )
    | frozenset(("endswith", "splitlines", "removesuffix", "removeprefix")),
    dict: frozenset(("get", "items", "keys", "values")),
    list: frozenset(("copy", "index", "count")),
    PurePath: frozenset(("as_posix", "joinpath", "with_name", "with_suffix", "relative_to")) | LOOKING,
}
"""Methods that change nothing."""

SAME_PATH: Final = frozenset(("resolve", "absolute", "expanduser"))


def call_method(
    owner: Value, name: str, arguments: list[Value], keywords: dict[str, Value], base: Path
) -> Value:
    """A method of a plain value; paths are looked at from ``base``.

    Raises:
        Undecidable: it is none of those that only compute.
    """
    if isinstance(owner, PurePath) and name in SAME_PATH:
        return owner
    allowed = next((methods for kind, methods in METHODS.items() if isinstance(owner, kind)), frozenset())
    if name not in allowed:
        raise Undecidable
    start = base / owner if isinstance(owner, PurePath) and name in LOOKING else owner
    result = getattr(start, name)(*map(plain, arguments), **{k: plain(v) for k, v in keywords.items()})
    if isinstance(owner, PurePath) and name in LISTING:
        return sorted(path.relative_to(base) if not owner.is_absolute() else path for path in result)
    return list(result) if isinstance(owner, dict) and name != "get" else result


def module_file(name: str, attribute: str) -> Value:
    """Where an installed top-level package is; it is found, not imported.

    Raises:
        Undecidable: it is not installed, or no top-level name.
    """
    if "." in name:
        raise Undecidable
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Undecidable
    return spec.origin if attribute == "__file__" else list(spec.submodule_search_locations or ())
