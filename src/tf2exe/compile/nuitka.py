"""The native module that holds the application: what Nuitka is asked for, and its run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.compile.entry_module import RootModule, root_module
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
MODULES = "modules.json"
"""The plugin writes into it what Nuitka compiled."""


@dataclass(frozen=True)
class Order:
    """What Nuitka is asked for; of equal orders the same module comes out.

    Attributes:
        root: the file that it begins with.
        flags: its options, without the paths of this build.
        sources: the application's modules that it compiles, each with the SHA-256 of its file in hex.
    """

    root: RootModule
    flags: tuple[str, ...]
    sources: tuple[tuple[Path, str], ...]


@dataclass(frozen=True)
class NativeModule:
    """What Nuitka made.

    Attributes:
        path: its file.
        modules: the names of what it holds, as Nuitka itself tells.
    """

    path: Path
    modules: tuple[str, ...]


def order(
    application: Application, placements: tuple[ModulePlacement, ...], options: tuple[Option, ...]
) -> Order | None:
    """What has to be compiled; None: nothing."""
    compiled = [placement.module.path for placement in placements if placement.compiled]
    if not compiled:
        return None
    return Order(
        root_module(application, placements),
        tuple(option.flag for option in options),
        tuple((path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in compiled),
    )


def make(
    wanted: Order,
    application: Application,
    toolchain: Toolchain,
    *,
    log: Path,
    on_line: Callable[[str], None],
    cancellation: CancellationToken,
) -> NativeModule:
    """Runs Nuitka.

    Raises:
        CompileError: Nuitka or the C compiler failed, or it was cancelled.
    """
    folder = application.build / "compile"
    shutil.rmtree(folder / "nuitka", ignore_errors=True)
    root = wanted.root.write(folder / "source")
    command = [
        sys.executable,
        "-m",
        "nuitka",
        *wanted.flags,
        *toolchain.nuitka_options,
        f"--user-plugin={PLUGIN}",
        f"--output-dir={folder / 'nuitka'}",
        str(root),
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
    built = sorted((folder / "nuitka").glob(f"{root.stem}.*{'.pyd' if sys.platform == 'win32' else '.so'}"))
    if len(built) != 1:
        raise CompileError(
            "Nuitka wrote no module", f"nothing like it in {folder / 'nuitka'}", "see the log", log
        )
    symbol_versions.lower(built[0])
    modules = json.loads((folder / "nuitka" / f"{root.stem}.build" / MODULES).read_bytes())
    return NativeModule(built[0], tuple(modules))


def _environment(application: Application, toolchain: Toolchain, folder: Path) -> dict[str, str]:
    """What Nuitka and the compilers that it starts are told by variables."""
    env = {**toolchain.environment(), "PYTHONPATH": os.pathsep.join(map(str, application.roots))}
    if toolchain.name == "zig":
        # Of this build alone. Zig takes an object from its cache when a source of the same text was compiled
        # in another folder, and looks for what it embeds (constants) in that other folder.
        env["ZIG_LOCAL_CACHE_DIR"] = wine_host.unix_paths(str(folder / "zig-cache"))
    flags = read_c_flags(debug=application.settings.debug)
    if "-MD" in flags:
        env["CCACHE_DEPEND"] = "1"
    if flags:
        env["CFLAGS"] = " ".join([os.environ.get("CFLAGS", ""), *flags]).strip()
    return env
