"""Imports modules inside functions. The argument selects the function, and the sample calls none of them."""

import sys


def checksum(text):
    from digest import Digest

    return Digest().of(text)


def colour(text):
    import termcolor

    return termcolor.colored(text, "red", force_color=True)


def by_name(name):
    import importlib

    return importlib.import_module(name).__name__


def wait(text):
    return text + sys.stdin.read()


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "plain"
    text = sys.argv[2] if len(sys.argv) > 2 else "text"
    actions = {"plain": str, "checksum": checksum, "colour": colour, "by-name": by_name, "wait": wait}
    print(what, actions[what](text))


if __name__ == "__main__":
    main()
