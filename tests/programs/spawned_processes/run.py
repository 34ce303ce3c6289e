"""Starts processes with spawn, the default on Windows. Frozen programs that mishandle it never end."""

import multiprocessing


def square(x):
    return x * x


def main():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(square, range(6)))


if __name__ == "__main__":
    main()
