"""Compiles forwarders: small libraries that export the symbols of large ones (see `launchers/forwarder/`)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tf2exe.launchers import sources
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.plan.forwarders import Forwarder

EXIT_DAMAGED = 118


def excluded_message(part: str) -> str:
    """The message of an executable that calls an excluded part."""
    return f'{part} was excluded by your configuration; rebuild without exclude = ["{part}"]'


def compile_forwarder(forwarder: Forwarder, folder: Path, toolchain: Toolchain, log: Path) -> None:
    """Compiles a forwarder to its path in ``folder``, which already contains the real library.

    Raises:
        CompileError: the compiler failed.
    """
    target = folder / forwarder.destination
    target.parent.mkdir(parents=True, exist_ok=True)
    # In a temporary folder, because Zig also writes an import library for Windows.
    with tempfile.TemporaryDirectory(prefix="forwarder-", dir=folder) as base:
        output = Path(base) / target.name
        (Path(base) / "exports.h").write_text(_exports_header(forwarder), encoding="ascii")
        (Path(base) / "library.h").write_text(_library_header(forwarder, folder), encoding="ascii")
        # Not -I, because there is a windows.h here. Not -Os, for which Zig compiles its own runtime.
        command = [*toolchain.command, "-std=gnu11", "-shared", "-O2", "-s", "-iquote", base]
        command += sources.paths(sources.forwarder(forwarder.exports.architecture))
        if not toolchain.target.is_windows:
            # Before glibc 2.34, dlopen and the thread functions are in separate libraries.
            command += ["-fPIC", f"-Wl,-soname,{target.name}", "-ldl", "-lpthread"]
        command += ["-o", str(output)]
        run_logged(command, log=log, cwd=folder, env=toolchain.environment(), remedy="run `tf2exe doctor`")
        output.replace(target)
    target.chmod(0o755)


def _exports_header(forwarder: Forwarder) -> str:
    """The header with a line for each symbol (see launchers/forwarder/forwarder.c)."""
    exports, dots = forwarder.exports, forwarder.rule.dot_of_ones
    functions = [("DOT_OF_ONES" if name in dots else "FUNCTION", name) for name in exports.functions]
    variables = [("DATA", name) for name in exports.variables]
    return "".join(f"{kind}({i}, {name})\n" for i, (kind, name) in enumerate(functions + variables))


def _library_header(forwarder: Forwarder, folder: Path) -> str:
    """The header that describes the real library."""
    part, count = forwarder.rule.part, len(forwarder.exports.functions) + len(forwarder.exports.variables)
    values = {"SYMBOL_COUNT": str(count), "PART": json.dumps(part)}
    if forwarder.real:
        values["LIBRARY_FILE"] = json.dumps(PurePosixPath(forwarder.real).name)
        values["LIBRARY_SIZE"] = str((folder / forwarder.real).stat().st_size)
    else:
        values["EXCLUDED"] = json.dumps(excluded_message(part))
    return "".join(f"#define {name} {value}\n" for name, value in values.items())
