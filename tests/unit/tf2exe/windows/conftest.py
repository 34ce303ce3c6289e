"""Real Windows launchers, compiled once for the file that needs them; nothing here runs them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe import compilers, launcher, onefile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def compiler() -> list[str]:
    """A C compiler that makes Windows executables."""
    zig = compilers.zig()
    if zig is None:
        pytest.skip("no Zig here, which compiles for Windows: pip install ziglang")
    return [str(zig), "cc", "-target", "x86_64-windows-gnu"]


@pytest.fixture(scope="session")
def onefile_launcher(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands in front of every Windows onefile."""
    output = tmp_path_factory.mktemp("launcher") / "launcher.exe"
    command = onefile.launcher_command(compiler, launcher.zstd_sources(), output, windows=True)
    subprocess.run(command, check=True)
    return output


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
