"""Real Windows launchers, compiled once for the file that needs them; nothing here runs them."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import compilers, launcher, onefile, resources
from tf2exe.compilers import Toolchain
from tf2exe.settings import VersionInfo

if TYPE_CHECKING:
    from collections.abc import Callable

INFO = VersionInfo(
    company='Häuser "& Söhne"',
    product="Klassifikator",
    version="1.20.3",
    copyright="© 2026 漢字",
    description="Names what pictures show",
)
ICON = Path(__file__).resolve().parents[4] / "assets" / "icon.ico"


@pytest.fixture(scope="session")
def compiler() -> list[str]:
    """A C compiler that makes Windows executables."""
    zig = compilers.zig()
    if zig is None:
        pytest.skip("no Zig here, which compiles for Windows: pip install ziglang")
    return [str(zig), "cc", "-target", "x86_64-windows-gnu"]


@pytest.fixture(scope="session")
def make_launcher(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """Compiles what stands in front of every Windows onefile, with and without a console."""

    def make(console: bool) -> Path:  # noqa: FBT001
        folder = tmp_path_factory.mktemp("launcher")
        output = folder / "launcher.exe"
        zig = Toolchain("zig", (compiler[0], "cc"), (), (), (), "")
        log = folder / "log"
        compiled = resources.compile_resources(zig, folder, name="klassi", info=INFO, icon=ICON, log=log)
        sources = launcher.zstd_sources()
        command = onefile.launcher_command(
            compiler, sources, output, windows=True, console=console, resources=compiled
        )
        subprocess.run(command, check=True)
        return output

    return functools.cache(make)


@pytest.fixture(scope="session")
def onefile_launcher(make_launcher: Callable[[bool], Path]) -> Path:
    """With a console."""
    return make_launcher(True)  # noqa: FBT003


@pytest.fixture(scope="session")
def sign(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of a command that signs with a new certificate; `-in` and `-out` are left to say."""
    if shutil.which("osslsigncode") is None or shutil.which("openssl") is None:
        pytest.skip("osslsigncode and openssl, which sign, are not here: apt install osslsigncode openssl")
    folder = tmp_path_factory.mktemp("certificate")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests"]
    request += ["-addext", "extendedKeyUsage=codeSigning"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*request, *files], check=True, capture_output=True)
    certificate = ["-certs", str(folder / "certificate.pem"), "-key", str(folder / "key.pem")]
    return ["osslsigncode", "sign", *certificate, "-h", "sha256"]
