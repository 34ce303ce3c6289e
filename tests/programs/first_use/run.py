"""Uses one name of NumPy or Pillow as the first one in the process. The sample uses none."""

import hashlib
import inspect
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

a = np.array([[2.0, 1.0], [1.0, 3.0]])


def solve():
    from numpy.linalg import solve

    return solve(a, [1.0, 2.0])


def star():
    import star

    names = sorted(name for name in vars(star) if not name.startswith("_"))
    return names, star.f2py.__name__, star.arange(4).sum()


def matlib():
    import numpy.matlib

    return numpy.matlib.eye(2)


def typing():
    import numpy.typing

    return numpy.typing.NDArray[np.float32], np.typing.ArrayLike


def documented():
    things = [np, np.ndarray, np.dtype, np.generic, np.ufunc, np.add, np.concatenate, np.linalg, np.random]
    named = [(name, getattr(one, name, one)) for one in things for name in dir(one) if name != "__loader__"]
    texts = [f"{name} {thing.__doc__}" for name, thing in named]
    return len(texts), hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def signatures():
    return [str(inspect.signature(function)) for function in (np.concatenate, np.where, np.dot, np.zeros)]


def annotations():
    return type(np.linalg.eig(a)).__annotations__


def images():
    from PIL import ExifTags, Image

    return ExifTags.TAGS[274], Image.new("L", (1, 1)).getpixel((0, 0))


FIRST = {
    "norm": lambda: np.linalg.norm(a),
    "solve": solve,
    "inv": lambda: np.linalg.inv(a),
    "matrix": lambda: np.matrix(a) ** 2,
    "assert_allclose": lambda: np.testing.assert_allclose(a, a + 1e-9),
    "star": star,
    "f2py": lambda: np.f2py.__name__,
    "matlib": matlib,
    "typing": typing,
    "dir": lambda: dir(np),
    "pad": lambda: np.pad([1, 2], 1),
    "roots": lambda: np.roots([1, -3, 2]),
    "stride_tricks": lambda: np.lib.stride_tricks.sliding_window_view(np.arange(4), 2),
    "emath": lambda: np.emath.sqrt(-1),
    "polynomial": lambda: np.polynomial.Polynomial([1, 2])(3),
    "fft": lambda: np.fft.fft([1, 2]),
    "random": lambda: np.random.default_rng(5).integers(9, size=3),
    "ma": lambda: np.ma.innerproduct([1, 2], [3, 4]),
    "char": lambda: np.char.upper(["a"]),
    "strings": lambda: np.strings.upper(["a"]),
    "rec": lambda: np.rec.array([(1, 2.0)], names="a, b"),
    "ctypeslib": lambda: list(np.ctypeslib.as_ctypes(np.zeros(2))),
    "ctypes": lambda: np.zeros(2).ctypes.shape[0],
    "dtypes": lambda: np.dtypes.Float32DType(),
    "exceptions": lambda: np.exceptions.AxisError("x"),
    "named": lambda: getattr(np, "".join(["d", "ot"]))(a, a),
    "operator": lambda: a.__matmul__(a),
    "unknown": lambda: np.no_such_name,
    "singular": lambda: np.linalg.inv(np.zeros((2, 2))),
    "documented": documented,
    "signatures": signatures,
    "annotations": annotations,
    "images": images,
}

if sys.argv[1:]:
    print(FIRST[sys.argv[1]]())
else:
    print(Interpreter.__name__, *FIRST)
