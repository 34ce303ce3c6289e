"""Uses functions that glibc changed between 2.27 and 2.36, and imports every native standard module."""

import bz2
import cmath
import ctypes
import hashlib
import importlib
import lzma
import math
import multiprocessing.shared_memory
import os
import signal
import sqlite3
import ssl
import stat
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib

for name in sorted(os.listdir(os.path.dirname(math.__file__))):
    module = name.partition(".")[0]
    if not module.startswith(("_test", "xx", "nis", "_tkinter", "readline")):
        importlib.import_module(module)

print(math.exp(1), math.pow(2, 0.5), math.log(3), math.log2(3), abs(3 + 4j), cmath.exp(1j).real)
print(statistics.NormalDist(1, 2).inv_cdf(0.25))
for wrong in (
    lambda: math.pow(0, -1),
    lambda: math.exp(1e4),
    lambda: math.log(-1),
    lambda: math.pow(-8, 1 / 3),
):
    try:
        print(wrong())
    except (ValueError, OverflowError) as error:
        print(type(error).__name__, error)

lock = threading.Lock()
lock.acquire()
begin = time.monotonic()
print(lock.acquire(timeout=0.05), time.monotonic() - begin >= 0.05)
thread = threading.Thread(target=print, args=("in a thread",))
thread.start()
thread.join()
signal.pthread_kill(threading.get_ident(), 0)

with tempfile.TemporaryDirectory(dir="/writable" if os.path.isdir("/writable") else None) as folder:
    place = os.path.join(folder, "pipe")
    os.mkfifo(place)
    os.symlink("pipe", os.path.join(folder, "link"))
    print(stat.S_ISFIFO(os.stat(place).st_mode), stat.S_ISLNK(os.lstat(os.path.join(folder, "link")).st_mode))
    print(sorted((entry.name, entry.is_symlink(), entry.stat().st_size) for entry in os.scandir(folder)))
    try:
        os.stat(os.path.join(folder, "missing"))
    except FileNotFoundError as error:
        print(error.errno)
    database = sqlite3.connect(os.path.join(folder, "database"))
    print(database.execute("select 1 + 1").fetchall())
    database.close()

os.closerange(100, 200)
print(hashlib.sha256(b"x").hexdigest(), len(ssl.create_default_context().get_ciphers()) > 5)
print(
    zlib.decompress(zlib.compress(b"a")),
    bz2.decompress(bz2.compress(b"b")),
    lzma.decompress(lzma.compress(b"c")),
)
print(len(os.urandom(8)), os.memfd_create("name") > 0)
print(ctypes.CDLL(None).abs(-3), ctypes.pythonapi.Py_IsInitialized())
print(subprocess.run(["/bin/echo", "hi"], capture_output=True, close_fds=True).stdout)
