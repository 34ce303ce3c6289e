"""The script libraries of Tcl and Tk, which tkinter needs."""

from __future__ import annotations

from pathlib import Path

from tf2exe.errors import MachineError

FOLDER = "lib"
"""Their folder in the executable; a patch in `nuitka_options/packages/python.toml` sets it in tkinter."""


def script_libraries() -> tuple[tuple[str, Path], ...]:
    """The folders of this Python's Tcl and Tk, each with its name in `FOLDER`.

    None without tkinter, or if the native libraries contain the scripts, as those of Tcl 9 may.

    Raises:
        MachineError: there is Tcl without Tk.
    """
    try:
        import tkinter as tk  # noqa: PLC0415 - loads the libraries of the window system
    except ImportError:
        return ()
    interpreter = tk.Tcl()
    tcl = Path(interpreter.eval("info library"))
    if not tcl.is_dir():
        return ()
    # Only a running Tk, which needs a screen, knows its own folder.
    beside = [tcl.parent, *map(Path, interpreter.splitlist(interpreter.eval("set auto_path")))]
    named = f"tk{tk.TkVersion}"
    scripts = next((folder / named for folder in beside if (folder / named / "tk.tcl").is_file()), None)
    if scripts is None:
        raise MachineError(
            f"no scripts of Tk {tk.TkVersion}",
            f"the application uses tkinter, and there is no {named} beside {tcl}",
            "install all of Tk (Debian: libtk8.6)",
        )
    found = {f"tcl{tk.TclVersion}": tcl, named: scripts} | _modules(tcl, tk.TclVersion)
    return tuple((name, folder) for name, folder in found.items() if folder.is_dir())


def _modules(tcl: Path, version: float) -> dict[str, Path]:
    """Tcl's modules, which both load: beside its scripts, or among them, where only Debian's Tcl looks."""
    name = f"tcl{int(version)}"
    beside = tcl.with_name(name)
    return {name: beside} if beside.is_dir() else {f"{name}/{version}": tcl / name}
