"""Acts as a user of Windows programs, in Python for Windows: `user.py REQUESTS.json RESULTS.json`.

A request is a program and an action of the user: nothing; pressing Ctrl-C after the first line; closing the output
after the first line; reading and closing a message box; reading the console; or starting several at once. All programs
share one console without a window, because Wine has no other console without a display.
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


def start(request, **streams):
    env = {**os.environ, **request.get("env", {})}
    kernel.SetConsoleOutputCP(request.get("code page", 65001))
    kernel.SetConsoleCP(request.get("code page", 65001))
    return subprocess.Popen(
        request["command"], executable=application(request), cwd=request.get("cwd"), env=env, **streams
    )


def application(request):
    """The short name of a program on request: Wine starts no program by a path of more than 260 characters."""
    if not request.get("by short names"):
        return None
    path = ctypes.create_unicode_buffer(32768)
    kernel.GetShortPathNameW("\\\\?\\" + request["command"][0], path, 32768)
    return path.value  # with the prefix, without which Wine does not always find it


def start_with_pipes(request):
    pipe = subprocess.PIPE
    return start(request, stdin=pipe, stdout=pipe, stderr=pipe)


def result_of(program, stdout=b"", stderr=b"", **more):
    texts = {
        "stdout": stdout.decode("utf-8", "surrogateescape"),
        "stderr": stderr.decode("utf-8", "surrogateescape"),
    }
    return {"code": program.returncode, **texts, **more}


def nothing(request):
    program = start_with_pipes(request)
    return result_of(program, *wait_for_end(program, request.get("stdin", "").encode()))


def wait_for_end(program, stdin=None):
    try:
        return program.communicate(stdin, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        out, err = program.communicate()
        return out, err + b"\nIT DID NOT END"


def interrupt(request):
    program = start_with_pipes(request)
    first = program.stdout.readline()
    time.sleep(0.2)
    kernel.GenerateConsoleCtrlEvent(CTRL_C, 0)
    out, err = wait_for_end(program)
    return result_of(program, first + out, err)


def leave(request):
    program = start_with_pipes(request)
    first = program.stdout.readline()
    program.stdout.close()
    err = program.stderr.read()
    program.wait(SECONDS)
    return result_of(program, first, err)


def together(request):
    """Starts a program several times at once."""
    programs = [start_with_pipes(request) for _ in range(request["count"])]
    return [result_of(program, *wait_for_end(program)) for program in programs]


def window_texts(window):
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


def message(request):
    """Starts a program without streams, like a double click; reads and closes its message boxes."""
    program = start_without_streams(request)
    texts, begin = [], time.monotonic()
    while program.poll() is None and time.monotonic() - begin < SECONDS:
        for window in message_windows(request["title"]):
            texts += window_texts(window)
            user.PostMessageW(ctypes.c_void_p(window), WM_CLOSE, None, None)
            time.sleep(1)
        time.sleep(0.1)
    if program.poll() is None:
        program.kill()
        program.wait()
        texts.append("IT DID NOT END")
    return result_of(program, texts=texts)


def start_without_streams(request):
    """Starts a program with null handles for its three streams."""
    how = subprocess.STARTUPINFO(dwFlags=subprocess.STARTF_USESTDHANDLES)
    how.hStdInput = how.hStdOutput = how.hStdError = 0
    return start(request, startupinfo=how)


def screen(request):
    """Returns the text in the console after the program has ended."""
    program = start(request)
    program.wait(SECONDS)
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = kernel.CreateFileW("CONOUT$", 0xC0000000, 3, None, 3, 0, None)
    text, count = ctypes.create_unicode_buffer(4000), ctypes.wintypes.DWORD()
    kernel.ReadConsoleOutputCharacterW(
        ctypes.c_void_p(handle), text, 3999, ctypes.wintypes.DWORD(0), ctypes.byref(count)
    )
    return result_of(program, screen=text[: count.value].rstrip())


ACTIONS = {f.__name__: f for f in (nothing, interrupt, leave, together, message, screen)}


def carry_out(request):
    try:
        return ACTIONS[request.get("action", "nothing")](request)
    except OSError as error:
        return {"code": None, "stdout": "", "stderr": f"it did not start: {error}"}


def main():
    requests_file, results_file = sys.argv[1:3]
    if len(sys.argv) == 3:
        command = [sys.executable, __file__, requests_file, results_file, "in a console"]
        sys.exit(subprocess.run(command, creationflags=CREATE_NO_WINDOW, check=False).returncode)
    signal.signal(signal.SIGINT, lambda *_: None)
    with open(requests_file, encoding="utf-8") as file:
        requests = json.load(file)
    results = [carry_out(request) for request in requests]
    with open(results_file, "w", encoding="utf-8") as file:
        json.dump(results, file)


if __name__ == "__main__":
    main()
