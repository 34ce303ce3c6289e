"""`tf2exe toolchain`: sets up the cross-build toolchain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.cli import build_messages
from tf2exe.cli.build_messages import describe
from tf2exe.cli.screen import Message
from tf2exe.cli.text import new_console, print_text
from tf2exe.cross.toolchain import components, extra_packages, prepare
from tf2exe.cross.toolchain.location import user_toolchain
from tf2exe.cross.toolchain.pins import COMPARE
from tf2exe.errors import MachineError
from tf2exe.system import host

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

NAME = "toolchain"
HELP = (
    "Set up the cross-build toolchain for Windows on Linux: Wine, CPython for Windows, packages. It is "
    "stored in the cache folder (or in TF2EXE_TOOLCHAIN_DIR). No root needed, no system files changed; "
    "existing parts are reused."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the platform and what to do."""
    parser.add_argument("platform", choices=["windows"], help="Platform of the executables.")
    parser.add_argument("--remove", action="store_true", help="Delete the toolchain.")
    parser.add_argument(
        "--runtime",
        action="append",
        choices=components.RUNTIMES,
        help="Only the packages of this runtime (default: of all). May be repeated.",
    )
    parser.add_argument(
        "--add",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="Add a package that your application needs, as a requirement of pip. May be repeated.",
    )
    parser.add_argument("--mirror", default="", metavar="URL", help="Debian mirror for debootstrap.")


def run(arguments: argparse.Namespace, errors: Console) -> int:
    """Runs the command."""
    if not host.IS_LINUX:
        raise MachineError("no toolchain is needed", "it is for Linux machines", "build on Windows directly")
    toolchain = user_toolchain()
    if arguments.remove:
        done = "removed" if prepare.remove(toolchain) else "nothing to remove:"
        print_text(new_console(), f"{done} {toolchain.folder}")
        return 0
    screen = build_messages.make_screen(errors)
    groups = (*arguments.runtime, COMPARE) if arguments.runtime else components.PACKAGES
    made = prepare.prepare(toolchain, screen, groups=groups, mirror=arguments.mirror)
    if arguments.add:
        extra_packages.install(toolchain, arguments.add, screen)
    what = f"prepared {', '.join(made)}" if made else "nothing was missing"
    print_text(new_console(), f"{what}: {toolchain.folder}, {prepare.size(toolchain) / 1e6:,.0f} MB")
    return 0


@describe.register(prepare.Prepared)
def _made(result: prepare.Prepared) -> Message:
    return Message(f"{result.size / 1e6:,.0f} MB")
