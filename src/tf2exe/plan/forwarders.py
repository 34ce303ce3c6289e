"""Native libraries that carried files link to, but that the application cannot call: stubs take their place.

A stub has the functions that are asked for, so that the loader is content; each of them says in one line what
is missing and ends the process.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import knowledge
from tf2exe.analysis.scopes import mentions
from tf2exe.knowledge.rules import Rule, StubRule
from tf2exe.launchers import sources
from tf2exe.native import elf, pe
from tf2exe.plan.bundled_files import LeftOut, is_named
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.analysis.modules import Module
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.plan.bundled_files import Carried
    from tf2exe.plan.distributions import Chosen

EXIT_DAMAGED = 118
SOURCE = """\
static const char missing[] = "tf2exe: this executable has no {module}, because the application's source "
    "uses nothing of it; build it again with --include-module {module}\\n";
enum {{ EXIT_DAMAGED = {code} }};
#include "{system}.h"
"""


@dataclass(frozen=True)
class Stub:
    """A library that is replaced.

    Attributes:
        destination: where it lies in the executable's folder.
        functions: what is asked of it.
        rule: why nothing of that is called.
    """

    destination: str
    functions: tuple[str, ...]
    rule: StubRule


def choose(
    modules: Iterable[Module],
    distributions: Sequence[Chosen],
    wanted: Iterable[str],
    carried: tuple[Carried, ...],
) -> tuple[tuple[Stub, ...], tuple[Carried, ...], tuple[LeftOut, ...]]:
    """The libraries that are replaced, the files that are still carried, and what that leaves out."""
    stubs: list[Stub] = []
    left_out: list[LeftOut] = []
    names = {chosen.name for chosen in distributions}
    rules = [rule for name in names for package in knowledge.about(name) for rule in package.stubs]
    for rule in dict.fromkeys(rules):
        others = names - set(rule.beside)
        if len(others) != 1 or any(name.startswith(rule.module.partition(".")[0]) for name in wanted):
            continue
        if any(mentions(module.path, rule.names) for module in modules):
            continue
        dropped = [c for c in carried if any(is_named(c, pattern) for pattern in (rule.library, *rule.also))]
        library = next((c for c in dropped if is_named(c, rule.library)), None)
        if library is None:
            continue
        askers = [c.source for c in carried if any(is_named(c, pattern) for pattern in rule.askers)]
        stubs.append(Stub(library.destination, _asked(askers, library.source), rule))
        carried = tuple(c for c in carried if c not in dropped)
        why = Rule(rule.library, rule.reason, rule.origin)
        left_out.append(LeftOut(library.owner, why, len(dropped), sum(c.size for c in dropped)))
    return tuple(stubs), carried, tuple(left_out)


def _asked(askers: Iterable[Path], library: Path) -> tuple[str, ...]:
    """Functions that the files have from the library."""
    if pe.read(library):
        return tuple(sorted({name for path in askers for name in pe.imported(path, library.name)}))
    there = _symbols(library, defined=True)
    return tuple(sorted({name for path in askers for name in _symbols(path, defined=False)} & there))


def _symbols(path: Path, *, defined: bool) -> set[str]:
    with path.open("rb") as file:
        return elf.symbols(file, defined=defined)


def make(stub: Stub, folder: Path, toolchain: Toolchain, log: Path) -> None:
    """Compiles a stub to its place below ``folder``.

    Raises:
        CompileError: the compiler failed.
    """
    target = folder / stub.destination
    target.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own: for Windows, Zig puts an import library beside it.
    with tempfile.TemporaryDirectory(prefix="stub-", dir=folder) as base:
        source, made = Path(base) / "stub.c", Path(base) / target.name
        system = "windows" if sys.platform == "win32" else "posix"
        text = SOURCE.format(module=stub.rule.module, code=EXIT_DAMAGED, system=system)
        functions = "".join(f"EXPORTED void {name}(void) {{ end(); }}\n" for name in stub.functions)
        source.write_text(text + functions, encoding="ascii")
        # Not -I: there is a windows.h of our own. Not -Os: Zig would compile its own runtime for that, too.
        headers = str(sources.FOLDER / "forwarder")
        command = [*toolchain.command, "-shared", "-O2", "-s", "-iquote", headers]
        command += [] if sys.platform == "win32" else ["-fPIC", f"-Wl,-soname,{target.name}"]
        command += [str(source), "-o", str(made)]
        run_logged(command, log=log, cwd=folder, env=toolchain.environment(), remedy="run `tf2exe doctor`")
        made.replace(target)
    target.chmod(0o755)
