"""Prepares the toolchain. Components that exist and whose sources have not changed are kept."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock

from tf2exe.cross.toolchain import contents, wine
from tf2exe.cross.toolchain.components import MEGABYTE, PACKAGES, list_components
from tf2exe.errors import ToolchainError
from tf2exe.system.progress import Stages, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tf2exe.cross.toolchain.components import Component
    from tf2exe.cross.toolchain.location import CrossToolchain
    from tf2exe.system.progress import Listener

FORMER_NAMES = {"machine": "rootfs", "warm": "prewarm"}
"""Names of components in state files of earlier versions."""


@dataclass(frozen=True)
class Prepared:
    """The size of a component that was made, in bytes."""

    size: int


def find_damaged(toolchain: CrossToolchain) -> dict[str, tuple[str, ...]]:
    """Files that were deleted or truncated, by the name of their component. Takes a second."""
    missing = find_missing(toolchain)
    found = {}
    for component in list_components(toolchain, toolchain.folder, "", lambda _line: None):
        record = _contents_path(toolchain, component)
        if component.name not in missing and record.is_file():
            found[component.name] = contents.find_damaged(
                component.checked_folder, record.read_text(encoding="utf-8")
            )
    return {name: files for name, files in found.items() if files}


def find_missing(toolchain: CrossToolchain, groups: tuple[str, ...] = PACKAGES) -> tuple[str, ...]:
    """The components that do not exist, or were made from other sources."""
    state = _read_state(toolchain)
    return tuple(
        component.name
        for component in list_components(toolchain, toolchain.folder, "", lambda _line: None)
        if (component.name not in PACKAGES or component.name in groups)
        and (state.get(component.name) != component.fingerprint or not component.folder.is_dir())
    )


def prepare(
    toolchain: CrossToolchain, listener: Listener, *, groups: tuple[str, ...] = PACKAGES, mirror: str = ""
) -> tuple[str, ...]:
    """Makes the components that are missing or damaged; returns their names.

    Raises:
        MachineError: a required tool is not installed.
        ToolchainError: a component could not be made; those before it are kept.
    """
    toolchain.folder.mkdir(parents=True, exist_ok=True)
    log = toolchain.folder / "prepare.log"
    with FileLock(toolchain.folder / "lock"):
        for name in find_damaged(toolchain):
            _forget(toolchain, name)
        names = find_missing(toolchain, groups)
        stages = Stages(names, listener)
        components = list_components(
            toolchain, log, mirror, lambda line: listener.on_step(Step("output", line))
        )
        _refuse_small_disk(
            toolchain, sum(component.disk_space for component in components if component.name in names)
        )
        if names:
            log.write_text("", encoding="utf-8")
        for component in components:
            if component.name not in names:
                continue
            with stages.run(component.name) as stage, _explain_full_disk(toolchain):
                stage.output(component.purpose)
                component.make()
                _record(toolchain, component)
                stage.set_result(Prepared(_size(component.folder)))
    return names


def _refuse_small_disk(toolchain: CrossToolchain, room: int) -> None:
    free = shutil.disk_usage(toolchain.folder).free
    if free < room:
        raise ToolchainError(
            "not enough disk space for the toolchain",
            f"{toolchain.folder} has {free / 1e9:.1f} GB free, and {room / 1e9:.1f} GB are required",
            "free disk space, or set TF2EXE_TOOLCHAIN_DIR to another folder",
        )


@contextmanager
def _explain_full_disk(toolchain: CrossToolchain) -> Iterator[None]:
    """Replaces errors by one about the full disk if the disk is full."""
    try:
        yield
    except (OSError, ToolchainError) as error:
        if shutil.disk_usage(toolchain.folder).free > 10 * MEGABYTE:
            raise
        remedy = "free disk space; the same command continues where it stopped"
        raise ToolchainError("the disk is full", str(toolchain.folder), remedy) from error


def remove(toolchain: CrossToolchain) -> bool:
    """Deletes the toolchain; returns whether it existed.

    Raises:
        ToolchainError: the folder is not a toolchain.
    """
    if not toolchain.folder.is_dir():
        return False
    if not (toolchain.folder / "lock").is_file():
        raise ToolchainError(
            f"{toolchain.folder} is not a toolchain", "it was not prepared by tf2exe", "delete it by hand"
        )
    if toolchain.prefix.is_dir() and toolchain.server.exists():
        wine.stop_server(toolchain)
    shutil.rmtree(toolchain.folder)
    return True


def size(toolchain: CrossToolchain) -> int:
    """The size of the toolchain in bytes."""
    return _size(toolchain.folder)


def _size(folder: Path) -> int:
    return sum(
        os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - called for many thousands
        for parent, _, names in os.walk(folder)
        for name in names
    )


def _read_state(toolchain: CrossToolchain) -> dict[str, str]:
    path = toolchain.folder / "state.json"
    try:
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["pieces"]
    except (OSError, ValueError, KeyError):
        return {}
    return {FORMER_NAMES.get(name, name): fingerprint for name, fingerprint in found.items()}


def _contents_path(toolchain: CrossToolchain, component: Component) -> Path:
    return toolchain.folder / "contents" / component.name


def _record(toolchain: CrossToolchain, component: Component) -> None:
    record = _contents_path(toolchain, component)
    record.parent.mkdir(exist_ok=True)
    record.write_text(contents.list_files(component.checked_folder), encoding="utf-8")
    _write_state(toolchain, {**_read_state(toolchain), component.name: component.fingerprint})


def _forget(toolchain: CrossToolchain, name: str) -> None:
    state = _read_state(toolchain)
    state.pop(name, None)
    _write_state(toolchain, state)


def _write_state(toolchain: CrossToolchain, state: dict[str, str]) -> None:
    partial = toolchain.folder / "state.json.partial"
    partial.write_text(json.dumps({"format": 1, "pieces": state}, indent=1), encoding="utf-8")
    partial.replace(toolchain.folder / "state.json")
