"""Kinds of native files, each with what reads it and what its system has of itself.

A further kind is a class like `Elf` here and its place in `READERS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from tf2exe import elf, knowledge

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Version:
    """A version of a system library that a file asks for, with the symbols of it."""

    library: str
    number: tuple[int, ...]
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Native:
    """What a native file is and asks for.

    Attributes:
        architecture: the processor, as `uname -m` calls it.
        loader: the program that loads it, if it names one.
        needed: libraries without which it cannot be loaded.
        versions: of the system's C library.
    """

    architecture: str
    loader: str
    needed: tuple[str, ...]
    versions: tuple[Version, ...]


class Reader(Protocol):
    """What is known of one kind of native files."""

    system: str
    magic: bytes

    def read(self, stream: IO[bytes]) -> Native | None:
        """Reads a file that begins with `magic`; None: it is damaged, or of another kind after all."""

    def key(self, library: str) -> str:
        """A library's name as the system compares it."""

    def machine(self) -> Mapping[str, str]:
        """The libraries that every machine has, by key, each with the reason."""


class Elf:
    """Linux."""

    system = "linux"
    magic = elf.MAGIC

    def read(self, stream: IO[bytes]) -> Native | None:
        """Reads an ELF file."""
        found = elf.read(stream)
        if found is None:
            return None
        versions = [
            Version(ask.library, ask.glibc, tuple(symbol.name for symbol in ask.symbols))
            for ask in found.asks
            if ask.glibc
        ]
        return Native(found.architecture, found.loader, found.needed, tuple(versions))

    def key(self, library: str) -> str:
        """Names are compared as they are."""
        return library

    def machine(self) -> Mapping[str, str]:
        """The libraries of glibc."""
        return knowledge.platform().machine_libraries


READERS: tuple[Reader, ...] = (Elf(),)
"""In the order in which they are asked."""
