"""Starts sys.executable in several ways. In an executable, that is the program itself."""

import multiprocessing
import os
import subprocess
import sys
import time


def square(x):
    return x * x


def main():
    how, *rest = sys.argv[1:] or ["code"]
    if how == "chain":
        depth = int(rest[0]) + 1
        print(depth, flush=True)
        sys.exit(subprocess.run([sys.executable, "chain", str(depth)]).returncode)
    elif how == "exec":
        if rest[0] != "0":
            os.execv(sys.executable, [sys.executable, "exec", str(int(rest[0]) - 1)])
        print("done")
    elif how == "pool":
        with multiprocessing.get_context(rest[0]).Pool(2) as pool:
            print(pool.map(square, range(6)))
    elif how == "tree":
        depth = int(rest[0])
        command = [sys.executable, "tree", str(depth - 1)]
        children = [subprocess.Popen(command) for _ in range(3 if depth else 0)]
        for child in children:
            child.wait()
        if not children:
            time.sleep(60)
    else:
        subprocess.run([sys.executable, "-c", "print('code')"])


if __name__ == "__main__":
    main()
