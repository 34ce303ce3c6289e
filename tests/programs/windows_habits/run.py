"""Prints a line of JSON, or ends, as its first argument selects."""

import ctypes
import glob
import hashlib
import json
import os
import subprocess
import sys
import time


def print_json(value):
    print(json.dumps(value, ensure_ascii=False), flush=True)


def streams():
    found = {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr")}
    return {name: None if stream is None else stream.encoding for name, stream in found.items()}


def module_path(name):
    """The file of a loaded library."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.GetModuleHandleW.restype = ctypes.c_void_p
    handle = kernel.GetModuleHandleW(name)
    text = ctypes.create_unicode_buffer(1000)
    kernel.GetModuleFileNameW(ctypes.c_void_p(handle), text, 1000)
    return text.value if handle else None


def where():
    path = ctypes.create_unicode_buffer(32768)
    length = ctypes.windll.kernel32.GetEnvironmentVariableW("TF2EXE_ONEFILE", path, 32768)
    own = {"executable": sys.executable, "argument": sys.argv[0], "file": __file__, "folder": os.getcwd()}
    return {**own, "left over": length > 0}


def find(what, words):
    if what == "texts":
        return words
    if what == "streams":
        return streams()
    if what == "where":
        return where()
    if what == "glob":
        return [sorted(glob.glob(word, recursive=True)) for word in words]
    if what == "read":
        return [[len(data := open(word, "rb").read()), hashlib.sha256(data).hexdigest()] for word in words]
    if what == "input":
        data = sys.stdin.buffer.read()
        return [len(data), hashlib.sha256(data).hexdigest()]
    if what == "libraries":
        return {word: module_path(word) for word in words}
    if what == "console":
        kernel = ctypes.windll.kernel32
        return {"window": bool(kernel.GetConsoleWindow()), "code page": kernel.GetConsoleOutputCP()}
    if what == "child":
        done = subprocess.run(words, capture_output=True, check=False)
        return [done.returncode, done.stdout.decode("utf-8", "replace").strip()]
    if what == "log":
        sys.stderr.write("a line for the log: äöü ☕\n")
        return "written"
    return None


def main():
    what, words = (sys.argv[1] if len(sys.argv) > 1 else "nothing"), sys.argv[2:]
    if what == "end":
        sys.exit(int(words[0]))
    if what == "says":
        sys.exit(words[0])
    if what == "raises":
        raise ValueError(words[0])
    if what == "many":
        for number in range(int(words[0])):
            print("line", number)
        return
    if what in {"wait", "wait and catch"}:
        print_json("ready")
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            if what == "wait":
                raise
            print_json("caught")
            sys.exit(130)
        return
    if what == "file":  # for a program without streams
        with open(words[0], "w", encoding="utf-8") as out:
            json.dump(find(words[1], words[2:]), out, ensure_ascii=False)
        return
    print_json(find(what, words))


if __name__ == "__main__":
    main()
