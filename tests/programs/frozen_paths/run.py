"""Written for PyInstaller: finds its files with sys.frozen, imports a plugin by name, starts processes."""

import importlib
import multiprocessing
import os
import sys


def resource(name):
    if getattr(sys, "frozen", False):
        return os.path.join(sys._MEIPASS, "data", name)
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "texts", name)


def square(number):
    return number * number


def main():
    with open(resource("words.txt"), encoding="utf-8") as file:
        print(file.read().split())
    for name in sys.argv[1:] or ["plain"]:
        print(importlib.import_module("plugins." + name).speak("word"))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(square, range(4)))


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
