"""Prepares the main module inside an executable.

`launchers/interpreter/main_module.c` calls :func:`prepare` once and then runs its result itself, so that no
frame of tf2exe appears in a traceback. Everything here costs start-up time, so functions import larger
modules of the standard library only when they need them.
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


def prepare(on_start: Callable[[ModuleSpec, bool], None]) -> tuple[ModuleType, CodeType | None]:
    """Prepares the interpreter and the main module.

    Args:
        on_start: setter of `has_location` of the compiled main module's spec, called just before its first
            line.

    Returns:
        The main module, which is in ``sys.modules``, and its code object (None: it is compiled).
    """
    if WINDOWED:
        import tf2exe_windowed  # type: ignore[import-not-found, unused-ignore]

        tf2exe_windowed.prepare()
        del sys.modules["tf2exe_windowed"]
        globals()["on_failure"] = tf2exe_windowed.on_failure
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
    return _main_module(on_start)


def _add_site_builtins() -> None:
    """Adds exit(), quit() and help(), which the `site` module adds in Python. It is not imported here."""
    import _sitebuiltins

    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    builtins.help = _sitebuiltins._Helper()


def _spawned_code() -> str | None:
    """The code if multiprocessing started this process: ``sys.executable -S ... -c CODE ...``.

    Without this a program that starts processes by *spawn* would start itself without end.
    """
    if PYINSTALLER_COMPAT and sys.argv[1:2] == ["--multiprocessing-fork"]:
        # The command line of multiprocessing if `sys.frozen` is set.
        return "from multiprocessing.spawn import freeze_support; freeze_support()"
    if "-c" not in sys.argv:
        return None
    index = sys.argv.index("-c")
    if index + 1 >= len(sys.argv) or not sys.argv[index + 1].startswith(SPAWN_PREFIX):
        return None
    code = sys.argv[index + 1]
    sys.argv[:] = ["-c", *sys.argv[index + 2 :]]
    return code


def _new_main() -> ModuleType:
    from types import ModuleType

    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    return main


def _main_module(on_start: Callable[[ModuleSpec, bool], None]) -> tuple[ModuleType, CodeType | None]:
    """The compiled main module, or the bundled one if it is not compiled."""
    import _imp
    from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, SourceFileLoader
    from os.path import exists

    root = sys.prefix
    for suffix in EXTENSION_SUFFIXES:
        path = root + FOLDER[-1] + "__main__" + suffix
        if exists(path):

            class Spec(ModuleSpec):
                # Nuitka's runtime sets it last; until then SIGINT is deferred.
                has_location = property(vars(ModuleSpec)["has_location"].fget, on_start)

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
    """Reports in one line which option adds a module that the build left out. The exception hook."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        from json import load
        from os.path import basename

        try:
            with open(FOLDER + "missing_modules.json", encoding="utf-8") as stored:
                missing = load(stored)
        except OSError:
            missing = {}
        name = error.name
        while name and name not in missing:
            name = name.rpartition(".")[0]
        if name:
            why, remedy = missing[name]
            program, module = basename(sys.executable), error.name
            sys.stderr.write(
                f"{program}: the module '{module}' is not in this executable ({why}); {remedy}{module}\n"
            )
            return
    sys.__excepthook__(kind, error, traceback)
