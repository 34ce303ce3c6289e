"""Lays the carried files out as they will travel, once for as long as they stay the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from tf2exe import layout
from tf2exe.assemble import bytecode, bytecode_archive, layer_record, module_index, system_libraries
from tf2exe.compile import forwarder_libraries
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.data import data_folder
from tf2exe.native import elf, local_symbols, symbol_versions
from tf2exe.native import strip as stripping
from tf2exe.native.shared_libraries import machine_libraries
from tf2exe.plan import preloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.knowledge.rules import SourcePatch
    from tf2exe.plan.bundled_files import BundledFile
    from tf2exe.plan.stage import BuildPlan

FORMAT = "10"
"""Changes when the layout of a layer changes, so that old ones are made anew."""


KEPT_LAYERS = 3
KEPT_SECONDS = 900
"""What was used so recently may belong to a build that is under way."""


def lay_out(
    plan: BuildPlan,
    layers: Path,
    toolchain: Toolchain,
    *,
    debug: bool,
    jobs: int,
    log: Path,
    on_progress: Callable[[int, int], None],
) -> Layer:
    """Writes every carried file into a layer below ``layers``, or finds it done by an earlier build.

    Applications of one build folder that carry the same files share the layer; of two builds at the same time
    one waits for the other.
    """
    replacements = _replacements()
    folder = layers / _key(plan, replacements, toolchain, debug=debug)
    layers.mkdir(parents=True, exist_ok=True)
    with FileLock(layers / f"{folder.name}.lock"):
        layer = layer_record.read(folder)
        if layer is None:
            tool = () if debug else toolchain.strip
            unmatched = _make(plan, folder, replacements, tool, jobs=jobs, on_progress=on_progress)
            for forwarder in plan.forwarders:
                forwarder_libraries.make(forwarder, folder, toolchain, log)
                symbol_versions.lower(folder / forwarder.destination)
            _settle(plan, folder)
            layer = layer_record.write(folder, unmatched)
            _remove_old(layers)
    return layer


def _make(
    plan: BuildPlan,
    folder: Path,
    replacements: dict[str, list[SourcePatch]],
    tool: tuple[str, ...],
    *,
    jobs: int,
    on_progress: Callable[[int, int], None],
) -> tuple[str, ...]:
    """Places every file; gives those whose text is not the known one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    unmatched: list[str] = []
    code: dict[str, bytes] = {}
    done = 0

    def place(carried: BundledFile) -> None:
        nonlocal done
        if carried.kind == "module":
            changes = tuple(replacements.get(carried.destination, ()))
            placed = _place_module(carried, folder, changes)
            code[carried.destination] = placed.bytecode
            if not placed.is_complete:
                unmatched.append(carried.destination)
        else:
            _place(carried, folder, tool)
        done += carried.size
        on_progress(done, total)

    total = sum(carried.size for carried in plan.files)
    # The biggest first: the longest strip runs beside everything else.
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        list(pool.map(place, sorted(plan.files, key=lambda carried: -carried.size)))
    _store_code(plan, folder, code)
    system_libraries.place(plan, folder, tool)
    return tuple(sorted({*unmatched, *_missing(plan, replacements)}))


def _missing(plan: BuildPlan, replacements: Iterable[str]) -> set[str]:
    """Files that a replacement names and that the installed version of their package does not have."""
    modules = {carried.destination for carried in plan.files if carried.kind == "module"}
    folders = {tuple(module.split("/")[:3]) for module in modules}
    return {file for file in replacements if file not in modules and tuple(file.split("/")[:3]) in folders}


def _remove_old(layers: Path) -> None:
    """Layers of earlier package versions do not pile up; a layer of TensorFlow is a gigabyte."""
    found = sorted((path for path in layers.iterdir() if path.is_dir()), key=layer_record.used, reverse=True)
    for layer in found[KEPT_LAYERS:]:
        if layer_record.used(layer) < time.time() - KEPT_SECONDS:
            shutil.rmtree(layer, ignore_errors=True)
            layer.with_suffix(".lock").unlink(missing_ok=True)


def _replacements() -> dict[str, list[SourcePatch]]:
    """The texts that must read otherwise, by the place of their file in the build."""
    found: dict[str, list[SourcePatch]] = {}
    for package in package_rules.read_all():
        for replacement in package.patches:
            base = layout.PYTHON if "python" in package.names else layout.PACKAGES
            found.setdefault(f"{base}/{replacement.file}", []).append(replacement)
    return found


def _key(
    plan: BuildPlan, replacements: dict[str, list[SourcePatch]], toolchain: Toolchain, *, debug: bool
) -> str:
    digest = hashlib.blake2b(digest_size=20)
    digest.update((data_folder() / "glibc.toml").read_bytes())
    digest.update(f"{FORMAT} {sys.version} {debug} {toolchain.strip} {replacements}".encode())
    for carried in plan.files:
        status = carried.source.stat()
        digest.update(
            f"{carried.destination} {carried.kind} {status.st_size} {status.st_mtime_ns}\n".encode()
        )
    digest.update(f"{plan.forwarders}".encode())
    for chosen in (plan.local_symbols, plan.preloaded):
        digest.update(f"{[one.destination for one in chosen]}".encode())
    for path in _native_data(plan) if plan.local_symbols else ():
        digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    for library in plan.libraries:
        digest.update(f"{library.path} {library.path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _place_module(carried: BundledFile, folder: Path, changes: tuple[SourcePatch, ...]) -> bytecode.Placed:
    depth = len(Path(carried.destination).parts) - 2
    base = carried.source.parents[depth - 1]
    target = folder / carried.destination
    return bytecode.place(carried.source, target, base=base, replacements=changes)


def _store_code(plan: BuildPlan, folder: Path, code: dict[str, bytes]) -> None:
    """Writes the bytecode: in bundles, or beside the module where only Python's own loader looks for it."""
    found = module_index.modules(carried.destination for carried in plan.files)
    listed = {module.path for module in found.values() if not module.path.startswith(bytecode_archive.EARLY)}
    for path in code.keys() - listed:
        bytecode.put_beside(folder / path, code[path])
    owners = {carried.destination: carried.owner for carried in plan.files}
    bundled = {path: stored for path, stored in code.items() if path in listed and stored}
    module_index.write(folder, found, bytecode_archive.write(folder, bundled, owners))
    preloads.write_list(folder, plan.preloaded)


def _place(carried: BundledFile, folder: Path, tool: tuple[str, ...]) -> None:
    target = folder / carried.destination
    target.parent.mkdir(parents=True, exist_ok=True)
    if carried.kind == "stripped":
        stripping.strip(carried.source, target, tool)
    else:
        shutil.copyfile(carried.source, target)
    if carried.kind in ("native", "stripped") or os.access(carried.source, os.X_OK):
        target.chmod(0o755)
    if carried.kind in ("native", "stripped") and carried.owner != "python":
        symbol_versions.lower(target)


def _settle(plan: BuildPlan, folder: Path) -> None:
    """What other native files name stays: carried ones, the application's own, the machine's C library."""
    chosen = [folder / library.destination for library in plan.local_symbols]
    if not chosen:
        return
    others = [path for path in folder.rglob("*") if path.is_file() and path not in chosen]
    others += _native_data(plan)
    others += machine_libraries()
    local_symbols.localize(chosen, map(elf.names_in, others))


def _native_data(plan: BuildPlan) -> list[Path]:
    """Native libraries among the application's data files."""
    return [file.source for file in plan.data if elf.names_in(file.source)]
