"""Runs Nuitka, which compiles the application into one native module."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.compile.entry_module import EntryModule, make_entry_module
from tf2exe.errors import CompileError
from tf2exe.knowledge.platforms import read_c_flags
from tf2exe.native import symbol_versions
from tf2exe.system import wine_host
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.config.application import Application
    from tf2exe.knowledge.options import Option
    from tf2exe.plan.module_placement import ModulePlacement
    from tf2exe.system.cancellation import CancellationToken

PLUGIN = Path(__file__).with_name("nuitka_plugin.py")
MODULE_LIST = "modules.json"
"""The plug-in writes the names of the compiled modules into this file."""


@dataclass(frozen=True)
class NuitkaInputs:
    """The inputs of a Nuitka run; equal inputs give the same module.

    Attributes:
        entry: the entry module.
        flags: Nuitka's options, without the paths of this build.
        sources: the application's modules to compile, each with the SHA-256 of its file in hex.
    """

    entry: EntryModule
    flags: tuple[str, ...]
    sources: tuple[tuple[Path, str], ...]


@dataclass(frozen=True)
class NativeModule:
    """The native module that Nuitka wrote.

    Attributes:
        path: the file.
        modules: the names of the compiled modules, as reported by Nuitka.
    """

    path: Path
    modules: tuple[str, ...]


def nuitka_inputs(
    application: Application, placements: tuple[ModulePlacement, ...], options: tuple[Option, ...]
) -> NuitkaInputs | None:
    """The inputs for the planned modules; None if none of them is compiled."""
    compiled = [placement.module.path for placement in placements if placement.compiled]
    if not compiled:
        return None
    return NuitkaInputs(
        make_entry_module(application, placements),
        tuple(option.flag for option in options),
        tuple((path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in compiled),
    )


def run_nuitka(
    inputs: NuitkaInputs,
    application: Application,
    toolchain: Toolchain,
    *,
    log: Path,
    on_line: Callable[[str], None],
    cancellation: CancellationToken,
) -> NativeModule:
    """Compiles a native module.

    Raises:
        CompileError: Nuitka or the C compiler failed, or it was cancelled.
    """
    folder = application.build / "compile"
    shutil.rmtree(folder / "nuitka", ignore_errors=True)
    entry_file = inputs.entry.write(folder / "source")
    command = [
        sys.executable,
        "-m",
        "nuitka",
        *inputs.flags,
        *toolchain.nuitka_options,
        f"--user-plugin={PLUGIN}",
        f"--output-dir={folder / 'nuitka'}",
        str(entry_file),
    ]
    run_logged(
        command,
        log=log,
        cwd=folder,
        env=_environment(application, toolchain, folder),
        on_line=on_line,
        remedy="`tf2exe explain` tells what is compiled",
        cancellation=cancellation,
    )
    built = sorted((folder / "nuitka").glob(f"{entry_file.stem}.*{application.target.native_module_suffix}"))
    if len(built) != 1:
        raise CompileError(
            "Nuitka wrote no module", f"there is none in {folder / 'nuitka'}", "see the log", log
        )
    symbol_versions.downgrade(built[0])
    modules = json.loads((folder / "nuitka" / f"{entry_file.stem}.build" / MODULE_LIST).read_bytes())
    return NativeModule(built[0], tuple(modules))


def _environment(application: Application, toolchain: Toolchain, folder: Path) -> dict[str, str]:
    """The environment variables of Nuitka and of the compilers that it starts."""
    env = {**toolchain.environment(), "PYTHONPATH": os.pathsep.join(map(str, application.roots))}
    if toolchain.name == "zig":
        # Not shared between builds. Zig reuses the object of an equal source from another folder, but looks
        # for its embedded files (Nuitka's constants) in that other folder.
        env["ZIG_LOCAL_CACHE_DIR"] = wine_host.unix_paths(str(folder / "zig-cache"))
    flags = read_c_flags(application.target.system, debug=application.settings.debug)
    if "-MD" in flags:
        env["CCACHE_DEPEND"] = "1"
    if flags:
        env["CFLAGS"] = " ".join([os.environ.get("CFLAGS", ""), *flags]).strip()
    return env
