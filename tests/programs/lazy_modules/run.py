"""Asks modules whose code an executable runs when something is asked of them."""

import importlib
import sys
import threading

import ast
import bz2
import ctypes
import inspect
import ipaddress
import platform
import tokenize

if sys.argv[1] == "kinds":  # only of an executable
    for name in ("ast", "bz2", "ctypes", "ipaddress", "platform", "tokenize"):
        print(name, type(sys.modules[name]).__name__, isinstance(sys.modules[name], type(sys)))
    print(platform.system() == sys.platform.capitalize(), type(platform) is type(sys))
    raise SystemExit

for module in (ast, platform):
    print(module.__name__, module.__spec__.name, module.__package__, type(module.__loader__).__name__[-6:])
    print(sys.modules[module.__name__] is module, module.__spec__.has_location)


def generator():
    yield 1


print(inspect.getgeneratorstate(generator()), inspect.isgeneratorfunction(generator))
print(inspect.signature(inspect.signature), inspect.getmodule(ipaddress.IPv4Address) is ipaddress)

start = threading.Barrier(8)
found = []


def look():
    start.wait()
    found.append((tokenize.TokenInfo, tokenize.generate_tokens))


threads = [threading.Thread(target=look) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(found), len(set(found)))

bz2.compress = "set before anything was asked"
print(bz2.compress, bz2.decompress.__name__, len(bz2.__all__))
del bz2.open
print(hasattr(bz2, "open"), "open" in vars(bz2))

first = ipaddress.IPv4Address
print(importlib.reload(ipaddress) is ipaddress, ipaddress.IPv4Address is first, first("10.0.0.1"))
print(sorted(name for name in dir(ctypes) if name.startswith("c_"))[:3])

import ctypes.util
import multiprocessing.pool
from ast import *  # noqa: F403

print(ctypes.util.__name__, literal_eval("[1, 2]"), ast.dump(parse("1 + 1")))

try:
    platform.no_such_thing
except AttributeError as error:
    print(error)


def recursion(depth):
    return recursion(depth - 1) if depth else sys.modules["lzma"].LZMAError


import lzma

print(recursion(50).__name__, lzma.__doc__.split()[0])
