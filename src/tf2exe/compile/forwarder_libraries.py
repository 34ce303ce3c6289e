"""Compiles forwarders: small libraries with the symbols of large ones (`launchers/forwarder/`)."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tf2exe.launchers import sources
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.plan.forwarders import Forwarder

EXIT_DAMAGED = 118


def excluded(part: str) -> str:
    """What an executable says when it calls a part that its configuration excludes."""
    return f'{part} was excluded by your configuration; rebuild without exclude = ["{part}"]'


def make(forwarder: Forwarder, folder: Path, toolchain: Toolchain, log: Path) -> None:
    """Compiles a forwarder to its path below ``folder``, where the library already is.

    Raises:
        CompileError: the compiler failed.
    """
    target = folder / forwarder.destination
    target.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own: for Windows, Zig puts an import library beside it.
    with tempfile.TemporaryDirectory(prefix="forwarder-", dir=folder) as base:
        made = Path(base) / target.name
        (Path(base) / "exports.h").write_text(_exports(forwarder), encoding="ascii")
        (Path(base) / "library.h").write_text(_library(forwarder, folder), encoding="ascii")
        # Not -I, because there is a windows.h here. Not -Os, for which Zig compiles its own runtime.
        command = [*toolchain.command, "-std=gnu11", "-shared", "-O2", "-s", "-iquote", base]
        command += sources.paths(sources.forwarder(forwarder.exports.architecture))
        if sys.platform != "win32":
            # Before glibc 2.34, libraries of their own have dlopen and the functions for threads.
            command += ["-fPIC", f"-Wl,-soname,{target.name}", "-ldl", "-lpthread"]
        command += ["-o", str(made)]
        run_logged(command, log=log, cwd=folder, env=toolchain.environment(), remedy="run `tf2exe doctor`")
        made.replace(target)
    target.chmod(0o755)


def _exports(forwarder: Forwarder) -> str:
    """A line for each symbol; launchers/forwarder/forwarder.c describes them."""
    exports, dots = forwarder.exports, forwarder.rule.dot_of_ones
    functions = [("DOT_OF_ONES" if name in dots else "FUNCTION", name) for name in exports.functions]
    variables = [("DATA", name) for name in exports.variables]
    return "".join(f"{kind}({i}, {name})\n" for i, (kind, name) in enumerate(functions + variables))


def _library(forwarder: Forwarder, folder: Path) -> str:
    """What the forwarder stands for."""
    part, count = forwarder.rule.part, len(forwarder.exports.functions) + len(forwarder.exports.variables)
    values = {"COUNT": str(count), "PART": json.dumps(part)}
    if forwarder.real:
        values["REAL"] = json.dumps(PurePosixPath(forwarder.real).name)
        values["REAL_SIZE"] = str((folder / forwarder.real).stat().st_size)
    else:
        values["EXCLUDED"] = json.dumps(excluded(part))
    return "".join(f"#define {name} {value}\n" for name, value in values.items())
