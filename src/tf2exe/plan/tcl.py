"""The script libraries of Tcl and Tk: tkinter's windows are drawn by programs that lie in them."""

from __future__ import annotations

from pathlib import Path

from tf2exe.errors import MachineError

FOLDER = "lib"
"""The folder that they travel in; `nuitka_options/packages/python.toml` has tkinter look there."""


def script_libraries() -> tuple[tuple[str, Path], ...]:
    """The folders of this Python's Tcl and Tk, each with the name that it has beside the others.

    None, where there is no tkinter, or where they lie inside the native libraries, as those of Tcl 9 may.

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
    # Where Tk lies, only Tk itself could say, which needs a screen.
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
