"""Computes what the command line selects. The source itself names no matrix product."""

import ctypes
import importlib.util
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

FIRST = np.arange(12.0).reshape(3, 4) / 7
SECOND = np.arange(12.0).reshape(4, 3) - 5


def mapped():
    with open("/proc/self/maps") as maps:
        return sorted({line.split()[-1].rpartition("/")[2] for line in maps if "numpy.libs" in line})


def by_name(name):
    found = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


def plugin(path):
    spec = importlib.util.spec_from_file_location("plugin", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compute(FIRST, SECOND)


def threads(name):
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(lambda number: by_name(name)(FIRST * number, SECOND), range(32)))


def forked(name):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, repr(by_name(name)(FIRST, SECOND).tolist()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return os.read(read, 10_000).decode(), by_name(name)(FIRST, SECOND).tolist()


def library_threads(_):
    """Like threadpoolctl, finds the library and its functions by name."""
    path = next(line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line)
    library = ctypes.CDLL(path)
    names = ("scipy_openblas_get_num_threads64_", "openblas_get_num_threads64_")
    return next(getattr(library, name)() for name in names if hasattr(library, name))


HOW = {
    "sorted": lambda _: np.sort(SECOND, axis=None),
    "plugin": plugin,
    "formula": lambda text: eval(text, {"np": np, "a": FIRST, "b": SECOND}),
    "method": lambda name: getattr(FIRST, name)(SECOND),
    "json": lambda path: [by_name(name)(FIRST, SECOND) for name in json.load(open(path))],
    "threads": threads,
    "forked": forked,
    "library": library_threads,
}

if os.environ.get("SHOW_LIBRARIES"):
    print(mapped(), file=sys.stderr)
for word in sys.argv[1:]:
    how, _, what = word.partition("=")
    print(how, HOW[how](what))
if os.environ.get("SHOW_LIBRARIES"):
    print(mapped(), file=sys.stderr)
