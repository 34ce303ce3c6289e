"""The resources of a Windows executable: icon, version information, and the manifest.

The manifest selects UTF-8, allows long paths (if Windows is configured for them), declares support for
Windows 10 and 11, and requests no administrator rights. Without it, Windows treats a program with a name such
as `setup.exe` as an installer.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import ConfigurationError
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.config.settings import VersionInfo

MANIFEST_TEXT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3">
    <security>
      <requestedPrivileges>
        <requestedExecutionLevel level="asInvoker" uiAccess="false"/>
      </requestedPrivileges>
    </security>
  </trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1">
    <application>
      <supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>
    </application>
  </compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3">
    <windowsSettings>
      <activeCodePage xmlns="http://schemas.microsoft.com/SMI/2019/WindowsSettings">UTF-8</activeCodePage>
      <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
    </windowsSettings>
  </application>
</assembly>
"""

ICON_MAGIC = b"\x00\x00\x01\x00"


def compile_resources(
    toolchain: Toolchain, folder: Path, *, name: str, info: VersionInfo, icon: Path | None, log: Path
) -> Path:
    """Compiles the resources into an object file for the linker.

    Raises:
        ConfigurationError: the icon is not an `.ico` file.
        CompileError: the resource compiler failed.
    """
    if icon is not None:
        check_icon(icon)
        # A copy in the folder of the script, because resource compilers fail on some paths.
        icon = Path(shutil.copyfile(icon, folder / "icon.ico")).relative_to(folder)
    (folder / "application.manifest").write_text(MANIFEST_TEXT, encoding="utf-8")
    script = folder / "resources.rc"
    script.write_text(resource_script(name, info, icon), encoding="utf-8")
    output = folder / ("resources.o" if toolchain.name == "gcc" else "resources.res")
    zig = [toolchain.command[0], "rc", "/c65001", "/fo", str(output), "--", str(script)]
    commands = {
        "gcc": ["windres", "--codepage=65001", str(script), "-O", "coff", "-o", str(output)],
        "zig": zig,
        "clang": ["llvm-rc", "/C", "65001", "/FO", str(output), str(script)],
        "msvc": zig,  # because Zig compiles the launchers
    }
    run_logged(commands[toolchain.name], log=log, cwd=folder, env=toolchain.environment())
    return output


def check_icon(icon: Path) -> None:
    """Checks that the file is an icon, before anything is built.

    Raises:
        ConfigurationError: the file is missing or has another format.
    """
    try:
        with icon.open("rb") as file:
            magic = file.read(len(ICON_MAGIC))
    except OSError as error:
        raise ConfigurationError(f"no icon {icon}", str(error), "correct `icon`") from error
    if magic != ICON_MAGIC:
        raise ConfigurationError(
            f"{icon} is not an icon",
            "it is not an .ico file",
            "convert it to .ico (Pillow can)",
        )


def resource_script(name: str, info: VersionInfo, icon: Path | None) -> str:
    """The resource script; texts may contain any character."""
    numbers = ",".join([*re.findall(r"\d+", info.version), "0", "0", "0", "0"][:4])
    texts = {
        "CompanyName": info.company,
        "FileDescription": info.description or info.product or name,
        "FileVersion": info.version,
        "InternalName": name,
        "LegalCopyright": info.copyright,
        "OriginalFilename": f"{name}.exe",
        "ProductName": info.product or name,
        "ProductVersion": info.version,
    }
    values = "\n".join(f'      VALUE "{key}", "{_quoted(text)}"' for key, text in texts.items() if text)
    image = f'1 ICON "{icon.as_posix()}"\n' if icon is not None else ""
    return f"""{image}1 24 "application.manifest"
1 VERSIONINFO
FILEVERSION {numbers}
PRODUCTVERSION {numbers}
FILEOS 0x40004
FILETYPE 0x1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904B0"
    BEGIN
{values}
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x0409, 0x04B0
  END
END
"""


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '""').replace("\n", " ")
