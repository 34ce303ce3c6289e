"""Asks modules for names that an executable imports when it is asked for them."""

import sys

import numpy as np

if sys.argv[1] == "early":  # only of an executable
    import pathlib

    import PIL.PngImagePlugin

    late = [name for name in sys.modules if name.startswith(("numpy.lib", "numpy.matrixlib", "decimal"))]
    print(late, type(sys.modules["urllib.parse"]).__name__, np.zeros((2, 3)).sum(), np.float32(1) / 3)
    raise SystemExit

import datetime
import io
import pathlib
import typing
from typing import ForwardRef, NamedTuple

from PIL import Image, PngImagePlugin

print(sorted(dir(np)))
print(sorted(np.__all__))
print(np.pad([1, 2], 1), np.median([3, 1, 2]), np.lib.stride_tricks.as_strided.__module__, np.r_[1:3])
print(np.matrixlib.matrix is np.matrix, np.lib is sys.modules["numpy.lib"], np.emath.sqrt(-1))

from numpy import average, load, unique

print(average([1, 2]), unique([2, 1, 2]), load.__module__, hasattr(np, "no_such_name"))
try:
    np.no_such_name
except AttributeError as error:
    print(error)
np.flip = "set by the program"
print(np.flip)
out = io.BytesIO()
np.save(out, np.arange(3))
print(np.load(io.BytesIO(out.getvalue())))


kinds = {
    name: type(getattr(np, name)).__name__ for name in sorted(np.__all__) if name != "f2py"
}  # which asks for others
print(kinds)

print(sorted(name for name in dir(pathlib) if not name.startswith("__")))
print(pathlib.PurePosixPath("/a b/ü").as_uri(), pathlib.urlquote_from_bytes(b"a b"))
pathlib.urlquote_from_bytes = lambda text: "its own"
print(pathlib.PurePosixPath("/a b").as_uri())
try:
    pathlib.no_such_name
except AttributeError as error:
    print(error, error.name, error.obj is pathlib)

print(sorted(dir(datetime)), datetime.__doc__, datetime.datetime(2026, 11, 28).isoformat(), datetime.UTC)


class Named(NamedTuple):
    one: "int | None"
    two: "list[str]" = ()


print(Named(1), typing.get_type_hints(Named))
code = ForwardRef("a.b[1] | None").__forward_code__
print(code.co_names, code.co_consts, code.co_filename, code.co_flags, code.co_code.hex())
for text in ("a b", "a\0b", "\ud800", "(", "1 +", "  a"):
    try:
        print(repr(ForwardRef(text)))
    except Exception as error:
        print(type(error).__name__, error)

frames = [Image.new("L", (2, 2), shade) for shade in (0, 9)]
animation = io.BytesIO()
frames[0].save(animation, "PNG", save_all=True, append_images=frames[1:], duration=[30, 70])
print(len(animation.getvalue()), PngImagePlugin.Fraction(1, 3), Image.open(animation).n_frames)
