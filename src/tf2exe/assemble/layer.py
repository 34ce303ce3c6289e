"""Prepares the layer: the bundled files as an executable contains them, cached until they change."""

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
from tf2exe.native.shared_libraries import find_host_libraries
from tf2exe.plan import preloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.config.target import Target
    from tf2exe.knowledge.rules import SourcePatch
    from tf2exe.plan.bundled_files import BundledFile
    from tf2exe.plan.stage import BuildPlan

FORMAT = "10"
"""Increased when the layout of a layer changes, so that old layers are not reused."""


MAX_LAYERS = 3
MIN_AGE_SECONDS = 900
"""A layer that was used more recently may belong to a running build."""


def prepare_layer(
    plan: BuildPlan,
    layers: Path,
    toolchain: Toolchain,
    *,
    debug: bool,
    jobs: int,
    log: Path,
    on_progress: Callable[[int, int], None],
) -> Layer:
    """Writes every bundled file into a layer in ``layers``, or reuses the layer of an earlier build.

    Applications with the same bundled files share a layer; a lock protects it from concurrent builds.
    """
    replacements = _replacements()
    folder = layers / _key(plan, replacements, toolchain, debug=debug)
    layers.mkdir(parents=True, exist_ok=True)
    with FileLock(layers / f"{folder.name}.lock"):
        layer = layer_record.read_layer(folder)
        if layer is None:
            tool = () if debug else toolchain.strip
            unmatched = _build_layer(
                plan, folder, replacements, tool, toolchain.target, jobs=jobs, on_progress=on_progress
            )
            for forwarder in plan.forwarders:
                forwarder_libraries.compile_forwarder(forwarder, folder, toolchain, log)
                symbol_versions.downgrade(folder / forwarder.destination)
            _localize_symbols(plan, folder)
            layer = layer_record.write_record(folder, unmatched)
            _remove_old(layers)
    return layer


def _build_layer(
    plan: BuildPlan,
    folder: Path,
    replacements: dict[str, list[SourcePatch]],
    tool: tuple[str, ...],
    target: Target,
    *,
    jobs: int,
    on_progress: Callable[[int, int], None],
) -> tuple[str, ...]:
    """Writes every file; returns the files in which a patch found no match."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    unmatched: list[str] = []
    code: dict[str, bytes] = {}
    done = 0

    def write(file: BundledFile) -> None:
        nonlocal done
        if file.kind == "module":
            changes = tuple(replacements.get(file.destination, ()))
            written = _write_module(file, folder, changes)
            code[file.destination] = written.bytecode
            if not written.is_complete:
                unmatched.append(file.destination)
        else:
            _copy_file(file, folder, tool)
        done += file.size
        on_progress(done, total)

    total = sum(file.size for file in plan.files)
    # The largest first, so that the longest strip runs in parallel with everything else.
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        list(pool.map(write, sorted(plan.files, key=lambda file: -file.size)))
    _write_bytecode(plan, folder, code)
    system_libraries.bundle_libraries(plan, folder, tool, target)
    return tuple(sorted({*unmatched, *_find_absent(plan, replacements)}))


def _find_absent(plan: BuildPlan, replacements: Iterable[str]) -> set[str]:
    """The patched files that the installed version of their package does not have."""
    modules = {file.destination for file in plan.files if file.kind == "module"}
    folders = {tuple(module.split("/")[:3]) for module in modules}
    return {file for file in replacements if file not in modules and tuple(file.split("/")[:3]) in folders}


def _remove_old(layers: Path) -> None:
    """Deletes old layers; a layer with TensorFlow has a gigabyte."""
    found = sorted(
        (path for path in layers.iterdir() if path.is_dir()), key=layer_record.last_used, reverse=True
    )
    for layer in found[MAX_LAYERS:]:
        if layer_record.last_used(layer) < time.time() - MIN_AGE_SECONDS:
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
    for file in plan.files:
        status = file.source.stat()
        digest.update(f"{file.destination} {file.kind} {status.st_size} {status.st_mtime_ns}\n".encode())
    digest.update(f"{plan.forwarders}".encode())
    for chosen in (plan.local_symbols, plan.preloaded):
        digest.update(f"{[one.destination for one in chosen]}".encode())
    for path in _native_data(plan) if plan.local_symbols else ():
        digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    for library in plan.libraries:
        digest.update(f"{library.path} {library.path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _write_module(
    file: BundledFile, folder: Path, changes: tuple[SourcePatch, ...]
) -> bytecode.WrittenSource:
    depth = len(Path(file.destination).parts) - 2
    base = file.source.parents[depth - 1]
    target = folder / file.destination
    return bytecode.write_source(file.source, target, base=base, replacements=changes)


def _write_bytecode(plan: BuildPlan, folder: Path, code: dict[str, bytes]) -> None:
    """Writes the bytecode archives, and bytecode files for modules that are not in the module index."""
    found = module_index.find_modules(file.destination for file in plan.files)
    indexed = {
        module.path for module in found.values() if not module.path.startswith(bytecode_archive.BOOTSTRAP)
    }
    for path in code.keys() - indexed:
        bytecode.write_bytecode(folder / path, code[path])
    owners = {file.destination: file.owner for file in plan.files}
    bundled = {path: stored for path, stored in code.items() if path in indexed and stored}
    module_index.write_index(folder, found, bytecode_archive.write_archives(folder, bundled, owners))
    preloads.write_list(folder, plan.preloaded)


def _copy_file(file: BundledFile, folder: Path, tool: tuple[str, ...]) -> None:
    target = folder / file.destination
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.kind == "stripped":
        stripping.strip_library(file.source, target, tool)
    else:
        shutil.copyfile(file.source, target)
    if file.kind in ("native", "stripped") or os.access(file.source, os.X_OK):
        target.chmod(0o755)
    if file.kind in ("native", "stripped") and file.owner != "python":
        symbol_versions.downgrade(target)


def _localize_symbols(plan: BuildPlan, folder: Path) -> None:
    """Makes private symbols local; keeps those that bundled, own or the machine's libraries reference."""
    chosen = [folder / library.destination for library in plan.local_symbols]
    if not chosen:
        return
    others = [path for path in folder.rglob("*") if path.is_file() and path not in chosen]
    others += _native_data(plan)
    others += find_host_libraries()
    local_symbols.localize(chosen, map(elf.all_symbol_names, others))


def _native_data(plan: BuildPlan) -> list[Path]:
    """Native libraries among the application's data files."""
    return [file.source for file in plan.data if elf.all_symbol_names(file.source)]
