"""A pytest plugin that compiles Windows launchers and libraries, once per session. It does not run them."""

from __future__ import annotations

import functools
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pefile
import pytest

from tf2exe.compile import compilers, launchers, windows_resources
from tf2exe.compile.compilers import Toolchain
from tf2exe.config.settings import VersionInfo
from tf2exe.onefile.launcher import launcher_command

if TYPE_CHECKING:
    from collections.abc import Callable

INFO = VersionInfo(
    company='Häuser "& Söhne"',
    product="Klassifikator",
    version="1.20.3",
    copyright="© 2026 漢字",
    description="Names what pictures show",
)
DESCRIPTOR = b"a place for a descriptor of a delayed import, written by the test".ljust(128)
BEGIN = "int _DllMainCRTStartup(void) { return 1; }"
ICON = Path(__file__).resolve().parents[2] / "assets" / "icon.ico"


@pytest.fixture(scope="session")
def compiler() -> list[str]:
    """The command of a C compiler for Windows."""
    zig = compilers.find_zig()
    if zig is None:
        pytest.skip("no Zig here, which compiles for Windows: pip install ziglang")
    return [str(zig), "cc", "-target", "x86_64-windows-gnu"]


@pytest.fixture(scope="session")
def make_launcher(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """Compiles the launcher of a Windows onefile, with or without a console."""

    def make(console: bool) -> Path:  # noqa: FBT001
        folder = tmp_path_factory.mktemp("launcher")
        output = folder / "launcher.exe"
        zig = Toolchain("zig", (compiler[0], "cc"), (), (), (), "")
        log = folder / "log"
        compiled = windows_resources.compile_resources(
            zig, folder, name="klassi", info=INFO, icon=ICON, log=log
        )
        sources = launchers.zstd_sources()
        command = launcher_command(
            compiler, sources, output, windows=True, console=console, resources=compiled
        )
        subprocess.run(command, check=True)
        return output

    return functools.cache(make)


@pytest.fixture(scope="session")
def onefile_launcher(make_launcher: Callable[[bool], Path]) -> Path:
    """The launcher with a console."""
    return make_launcher(True)  # noqa: FBT003


@pytest.fixture(scope="session")
def sign(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of a command that signs with a new certificate, without `-in` and `-out`."""
    if shutil.which("osslsigncode") is None or shutil.which("openssl") is None:
        pytest.skip("osslsigncode or openssl is not installed: apt install osslsigncode openssl")
    folder = tmp_path_factory.mktemp("certificate")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests"]
    request += ["-addext", "extendedKeyUsage=codeSigning"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*request, *files], check=True, capture_output=True)
    certificate = ["-certs", str(folder / "certificate.pem"), "-key", str(folder / "key.pem")]
    return ["osslsigncode", "sign", *certificate, "-h", "sha256"]


@pytest.fixture(scope="session")
def made(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiles a program that imports middle.dll, which imports bottom.dll, and late.dll with a delay."""
    folder = tmp_path_factory.mktemp("made")
    sources = {
        "bottom": f"{BEGIN} __declspec(dllexport) int bottom(void) {{ return 1; }}",
        "middle": f"{BEGIN} int bottom(void);"
        f'__declspec(dllexport) char room[] = "{DESCRIPTOR.decode()}";'
        "__declspec(dllexport) int middle(void) { return bottom(); }",
        "program": "int middle(void); int mainCRTStartup(void) { return middle(); }",
    }
    needs = {"bottom": [], "middle": ["bottom.lib"], "program": ["middle.lib"]}
    for name, text in sources.items():
        (folder / f"{name}.c").write_text(text)
        kind = (
            ["-Wl,--entry=mainCRTStartup"]
            if name == "program"
            else ["-shared", f"-Wl,--out-implib,{name}.lib"]
        )
        output = f"{name}.exe" if name == "program" else f"{name}.dll"
        command = [*compiler, "-nostdlib", "-O2", "-s", *kind, f"{name}.c", *needs[name], "-o", output]
        subprocess.run(command, cwd=folder, check=True)
    delay(folder / "middle.dll", b"late.dll")
    return folder


def delay(path: Path, library: bytes) -> None:
    """Adds a delay-load import to a library, as the linker of Visual C++ does."""
    file = pefile.PE(str(path))
    data = bytearray(path.read_bytes())
    place = data.index(DESCRIPTOR)
    address = file.get_rva_from_offset(place)
    entry = file.OPTIONAL_HEADER.DATA_DIRECTORY[13].get_file_offset()
    file.close()
    functions, name = address + 64, address + 80
    parts = [
        struct.pack("<8I", 1, name, 0, functions, functions, 0, 0, 0),
        bytes(32),  # the end of the descriptors
        struct.pack("<QQ", 1 << 63 | 1, 0),  # one function by ordinal, and the end
        library,
    ]
    data[place : place + len(DESCRIPTOR)] = b"".join(parts).ljust(len(DESCRIPTOR), b"\0")
    data[entry : entry + 8] = struct.pack("<II", address, 64)
    path.write_bytes(data)
