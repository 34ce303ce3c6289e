"""Ends in the way that its argument selects, with a thread, a finalizer and exit handlers."""

import atexit
import os
import sys
import threading
import time
import weakref


class Thing:
    pass


def later(what):
    time.sleep(0.2)
    print("thread", what)


def main():
    how = sys.argv[1] if len(sys.argv) > 1 else "end"
    thing = Thing()
    weakref.finalize(thing, print, "finalized")
    globals()["kept"] = thing
    atexit.register(print, "registered first, called last")
    atexit.register(sys.stderr.write, "to standard error\n")
    threading.Thread(target=later, args=(how,)).start()
    sys.stdout.write("begun, no line end: ")
    if how == "number":
        sys.exit(7)
    if how == "text":
        sys.exit("a text")
    if how == "negative":
        sys.exit(-3)
    if how == "error":
        raise ValueError("uncaught")
    if how == "failing":
        atexit.register(int, "no number")
    if how == "late":
        atexit.register(sys.exit, 5)
    if how == "leaves":
        atexit.register(os._exit, 4)


if __name__ == "__main__":
    main()
