"""Plays the user of Windows programs, in the Windows Python: `user.py ORDERS.json ANSWERS.json`.

Each order is a program with what the user does: nothing, press Ctrl-C as soon as it says something, leave after its
first line, wait for its message and close it, or look at the console. All run in one console without a window,
which is the only one that is there under Wine without a display.
"""

from __future__ import annotations

import ctypes
import ctypes.wintypes
import json
import os
import signal
import subprocess
import sys
import time

CREATE_NO_WINDOW, CTRL_C = 0x8000000, 0
WM_CLOSE, WM_GETTEXT, STD_OUTPUT = 0x10, 0xD, -11
SECONDS = 90
kernel, user = ctypes.windll.kernel32, ctypes.windll.user32
Visit = ctypes.WINFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)


def start(order, **streams):
    env = {**os.environ, **order.get("env", {})}
    kernel.SetConsoleOutputCP(order.get("code page", 65001))
    kernel.SetConsoleCP(order.get("code page", 65001))
    return subprocess.Popen(
        order["command"], executable=application(order), cwd=order.get("cwd"), env=env, **streams
    )


def application(order):
    """Wine starts no program by a path of more than 260 characters, but by its short names."""
    if not order.get("by short names"):
        return None
    path = ctypes.create_unicode_buffer(32768)
    kernel.GetShortPathNameW("\\\\?\\" + order["command"][0], path, 32768)
    return path.value  # with the prefix: Wine does not always find it without


def piped(order):
    pipe = subprocess.PIPE
    return start(order, stdin=pipe, stdout=pipe, stderr=pipe)


def ended(program, stdout=b"", stderr=b"", **more):
    texts = {
        "stdout": stdout.decode("utf-8", "surrogateescape"),
        "stderr": stderr.decode("utf-8", "surrogateescape"),
    }
    return {"code": program.returncode, **texts, **more}


def nothing(order):
    program = piped(order)
    return ended(program, *reversed_end(program, order.get("stdin", "").encode()))


def reversed_end(program, stdin=None):
    try:
        return program.communicate(stdin, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        out, err = program.communicate()
        return out, err + b"\nIT DID NOT END"


def interrupt(order):
    program = piped(order)
    first = program.stdout.readline()
    time.sleep(0.2)
    kernel.GenerateConsoleCtrlEvent(CTRL_C, 0)
    out, err = reversed_end(program)
    return ended(program, first + out, err)


def leave(order):
    program = piped(order)
    first = program.stdout.readline()
    program.stdout.close()
    err = program.stderr.read()
    program.wait(SECONDS)
    return ended(program, first, err)


def together(order):
    """Several of it at the same time."""
    programs = [piped(order) for _ in range(order["count"])]
    return [ended(program, *reversed_end(program)) for program in programs]


def texts_of(window):
    """The title of a window and the texts in it."""
    found = []

    def take(handle, _):
        text = ctypes.create_unicode_buffer(4000)
        user.SendMessageW(ctypes.c_void_p(handle), WM_GETTEXT, 4000, text)
        found.append(text.value)
        return True

    take(window, None)
    user.EnumChildWindows(ctypes.c_void_p(window), Visit(take), None)
    return [text for text in found if text]


def message_windows(title):
    found = []

    def take(handle, _):
        name = ctypes.create_unicode_buffer(200)
        user.GetClassNameW(ctypes.c_void_p(handle), name, 200)
        text = ctypes.create_unicode_buffer(4000)
        user.GetWindowTextW(ctypes.c_void_p(handle), text, 4000)
        if name.value == "#32770" and title in text.value:
            found.append(handle)
        return True

    user.EnumWindows(Visit(take), None)
    return found


def message(order):
    """Without streams, as a double click starts it."""
    program = unheard(order)
    texts, begin = [], time.monotonic()
    while program.poll() is None and time.monotonic() - begin < SECONDS:
        for window in message_windows(order["title"]):
            texts += texts_of(window)
            user.PostMessageW(ctypes.c_void_p(window), WM_CLOSE, None, None)
            time.sleep(1)
        time.sleep(0.1)
    if program.poll() is None:
        program.kill()
        program.wait()
        texts.append("IT DID NOT END")
    return ended(program, texts=texts)


def unheard(order):
    """Nobody gave it streams: the three handles are none."""
    how = subprocess.STARTUPINFO(dwFlags=subprocess.STARTF_USESTDHANDLES)
    how.hStdInput = how.hStdOutput = how.hStdError = 0
    return start(order, startupinfo=how)


def screen(order):
    """What stands in the console that the program writes to."""
    program = start(order)
    program.wait(SECONDS)
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = kernel.CreateFileW("CONOUT$", 0xC0000000, 3, None, 3, 0, None)
    text, count = ctypes.create_unicode_buffer(4000), ctypes.wintypes.DWORD()
    kernel.ReadConsoleOutputCharacterW(
        ctypes.c_void_p(handle), text, 3999, ctypes.wintypes.DWORD(0), ctypes.byref(count)
    )
    return ended(program, screen=text[: count.value].rstrip())


DEEDS = {f.__name__: f for f in (nothing, interrupt, leave, together, message, screen)}


def tried(order):
    try:
        return DEEDS[order.get("deed", "nothing")](order)
    except OSError as error:
        return {"code": None, "stdout": "", "stderr": f"it did not start: {error}"}


def main():
    orders, answers = sys.argv[1:3]
    if len(sys.argv) == 3:
        command = [sys.executable, __file__, orders, answers, "in a console"]
        sys.exit(subprocess.run(command, creationflags=CREATE_NO_WINDOW, check=False).returncode)
    signal.signal(signal.SIGINT, lambda *_: None)
    with open(orders, encoding="utf-8") as file:
        wanted = json.load(file)
    found = [tried(order) for order in wanted]
    with open(answers, "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
