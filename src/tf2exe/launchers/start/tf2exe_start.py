"""Prepares the main module inside an executable.

`launchers/interpreter/main_module.c` calls :func:`ready` once and then runs its result itself, so that no
frame of tf2exe appears in a traceback. Everything here costs start-up time: larger modules of the standard
library are imported only where they are needed.
"""

from __future__ import annotations

import builtins
import sys

from tf2exe_settings import (  # type: ignore[import-not-found, unused-ignore] # on the path inside an executable
    IS_SCRIPT,  # noqa: F401 - main_module.c reads it
    MAIN_FILE,
    PYINSTALLER_COMPAT,
    WINDOWED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType, TracebackType

FOLDER = __file__.rpartition("tf2exe_start.py")[0]
SPAWN_PREFIX = "from multiprocessing."


def ready(begins: Callable[[ModuleSpec, bool], None]) -> tuple[ModuleType, CodeType | None]:
    """Readies everything.

    Args:
        begins: sets `has_location` of the compiled main module's spec, as its first line comes.

    Returns:
        The main module, entered in ``sys.modules``, and its code object (None: it is compiled).
    """
    if WINDOWED:
        import tf2exe_windowed  # type: ignore[import-not-found, unused-ignore]

        tf2exe_windowed.ready()
        del sys.modules["tf2exe_windowed"]
        globals()["failing"] = tf2exe_windowed.failing
    sys.path.remove(FOLDER.rstrip("/\\"))
    del sys.modules[__name__], sys.modules["tf2exe_settings"]
    _add_site_builtins()
    if PYINSTALLER_COMPAT:
        sys.frozen = True  # type: ignore[attr-defined]
        sys._MEIPASS = sys.prefix  # type: ignore[attr-defined]
    sys.excepthook = _report_missing_module
    spawned = _spawned_code()
    if spawned is not None:
        return _new_main(), compile(spawned, "<string>", "exec")
    return _main_module(begins)


def _add_site_builtins() -> None:
    """What the `site` module, which is not imported, gives to programs: exit(), quit(), help()."""
    import _sitebuiltins

    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    builtins.help = _sitebuiltins._Helper()


def _spawned_code() -> str | None:
    """The code that multiprocessing starts its helpers with: ``sys.executable -S ... -c CODE ...``.

    Without this a program that starts processes by *spawn* would start itself over and over.
    """
    if PYINSTALLER_COMPAT and sys.argv[1:2] == ["--multiprocessing-fork"]:
        # What multiprocessing starts its processes with when `sys.frozen` is set.
        return "from multiprocessing.spawn import freeze_support; freeze_support()"
    if "-c" not in sys.argv:
        return None
    place = sys.argv.index("-c")
    if place + 1 >= len(sys.argv) or not sys.argv[place + 1].startswith(SPAWN_PREFIX):
        return None
    code = sys.argv[place + 1]
    sys.argv[:] = ["-c", *sys.argv[place + 2 :]]
    return code


def _new_main() -> ModuleType:
    from types import ModuleType

    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    return main


def _main_module(begins: Callable[[ModuleSpec, bool], None]) -> tuple[ModuleType, CodeType | None]:
    """The compiled main module where there is one, else the carried one."""
    import _imp
    from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, SourceFileLoader
    from os.path import exists

    root = sys.prefix
    for suffix in EXTENSION_SUFFIXES:
        path = root + FOLDER[-1] + "__main__" + suffix
        if exists(path):

            class Spec(ModuleSpec):
                # Nuitka's runtime sets it last of all; until then an interruption waits.
                has_location = property(vars(ModuleSpec)["has_location"].fget, begins)

            spec = Spec("__main__", ExtensionFileLoader("__main__", path), origin=path)
            main = sys.modules["__main__"] = _imp.create_dynamic(spec)
            main.__dict__["__builtins__"] = builtins
            main.__spec__ = spec
            main.__loader__ = spec.loader
            return main, None
    path = root + FOLDER[-1] + MAIN_FILE
    main = _new_main()
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    return main, main.__loader__.get_code("__main__")


def _report_missing_module(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Says in one line which option adds a module that was there when the executable was built."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        from json import load
        from os.path import basename

        try:
            with open(FOLDER + "left_out.json", encoding="utf-8") as stored:
                left_out = load(stored)
        except OSError:
            left_out = {}
        name = error.name
        while name and name not in left_out:
            name = name.rpartition(".")[0]
        if name:
            why, remedy = left_out[name]
            program, module = basename(sys.executable), error.name
            sys.stderr.write(
                f"{program}: the module '{module}' is not in this executable ({why}); {remedy}{module}\n"
            )
            return
    sys.__excepthook__(kind, error, traceback)
