"""Measures the bundled classifier on this machine and prints the figures as a table (and JSON).

Everything is measured as a user meets it: whole processes, side by side and in turn, caches as stated. A
build "without caches" has an empty cache folder (ccache, Nuitka's, ours) and an empty build folder; the
bytecode that pip wrote when it installed the packages is there, as it is for every user.

The targets for build times leave conversion, trace and verification apart. Compiling begins beside the first
two. So what building takes beyond them is the whole build, less verification, less a dry run: that converts
and traces alone. The dry run's plan is counted as building.

    python scripts/measure.py [--runtime litert [--precision int8 --calibration 'photos/*']]
                              [--runs N] [--json FILE] [--keep FOLDER]

With LiteRT Python computes the model that the build has converted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
BUILD = [sys.executable, str(CHECKOUT / "scripts" / "build_nuitka.py")]
PHOTO = CHECKOUT / "assets" / "samples" / "chelsea.png"


def main() -> int:
    """Measures, prints, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runtime", default="tensorflow", help="what computes the model")
    parser.add_argument("--precision", default="float32", help="of a model that is converted")
    parser.add_argument("--calibration", action="append", default=[], help="images that calibrate int8")
    parser.add_argument("--runs", type=int, default=7, help="runs of each program, in turn")
    parser.add_argument("--json", type=Path, default=None, help="a file for the figures")
    parser.add_argument(
        "--keep", type=Path, default=None, help="a folder for the builds (default: a temporary one)"
    )
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="tf2exe-measure-"))
    try:
        options = ["--runtime", arguments.runtime, "--precision", arguments.precision]
        options += [f"--calibration={images}" for images in arguments.calibration]
        figures = measure(folder, arguments.runs, options)
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(table(figures))
    return 0


def measure(folder: Path, runs: int, options: list[str]) -> dict[str, Any]:
    """Builds both modes without caches, rebuilds, and runs everything in turn."""
    reports = {}
    for mode in ("standalone", "onefile"):
        say(f"building {mode} without caches")
        reports[mode] = build(folder / mode, mode, folder / mode / "cache", options, before=folder / "alone")
        shutil.rmtree(folder / "alone")
    say("rebuilding standalone after a change in the application's code")
    reports["rebuild"] = rebuild(folder, options)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    bare = {"PATH": "/nowhere", "HOME": str(home), "LANG": "C.UTF-8"}
    converted = folder / "standalone" / "build" / "image-classifier" / "converted" / "files"
    programs: dict[str, tuple[list[str], dict[str, str]]] = {
        "python": (
            [sys.executable, "-m", "image_classifier"],
            {**os.environ, "PYTHONPATH": str(CHECKOUT / "src"), "TF2EXE_CONVERTED": str(converted)},
        ),
        "standalone": ([str(folder / "standalone/dist/image-classifier/image-classifier")], bare),
        "onefile": ([str(folder / "onefile/dist/image-classifier")], bare),
    }
    say("first start of the onefile")
    first = once(*programs["onefile"])
    seconds = interleaved(programs, runs)
    return {
        "format": 1,
        "date": time.strftime("%Y-%m-%d"),
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.platform(terse=True),
            "python": platform.python_version(),
        },
        "builds": {
            name: {
                "seconds": report["seconds"],
                "until_there": report["until_there"],
                "beyond_convert_and_trace": report["beyond"],
                "size": report["size"],
                "parity": report["parity"]["same"],
                "models": report["models"],
            }
            for name, report in reports.items()
        },
        "first_start": round(first, 2),
        "one_image": {
            name: {"median": statistics.median(v), "min": min(v), "max": max(v)}
            for name, v in seconds.items()
        },
    }


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(f"measure: {text}", file=sys.stderr, flush=True)


def build(folder: Path, mode: str, cache: Path, options: list[str], *, before: Path) -> dict[str, Any]:
    """Builds, after a dry run in the folder `before`, and returns the report, with two figures more.

    `until_there`: seconds until the executable is there, before it is verified. `beyond`: those that neither
    conversion nor trace take alone.
    """
    alone, _ = told(before, [*BUILD, "--mode", mode, *options, "--dry-run"], before / "cache")
    whole, text = told(folder, [*BUILD, "--mode", mode, *options, "--json"], cache)
    report: dict[str, Any] = json.loads(text)
    seconds = report["seconds"]
    there = whole - seconds["verify"]
    return {**report, "until_there": round(there, 1), "beyond": round(there - alone + seconds["plan"], 1)}


def told(folder: Path, command: list[str], cache: Path) -> tuple[float, bytes]:
    """Runs tf2exe in a folder; the seconds of the whole process, and what it wrote."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "CCACHE_DIR": str(cache / "ccache")}
    places = ["--build-dir", str(folder / "build"), "--output-dir", str(folder / "dist")]
    begin = time.perf_counter()
    done = subprocess.run([*command, *places], env=env, check=True, stdout=subprocess.PIPE)
    return time.perf_counter() - begin, done.stdout


def rebuild(folder: Path, options: list[str]) -> dict[str, Any]:
    """Builds standalone again with a changed function; the source is restored in any case."""
    changed = CHECKOUT / "src" / "image_classifier" / "results.py"
    text = changed.read_text(encoding="utf-8")
    try:
        changed.write_text(
            f"{text}\n\ndef _changed_for_measuring() -> float:\n    return {time.time()}\n", "utf-8"
        )
        place = folder / "standalone"
        return build(place, "standalone", place / "cache", options, before=place)
    finally:
        changed.write_text(text, encoding="utf-8")


def once(command: list[str], env: dict[str, str]) -> float:
    """Whole-process seconds for one image."""
    begin = time.perf_counter()
    subprocess.run([*command, str(PHOTO)], env=env, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def interleaved(programs: dict[str, tuple[list[str], dict[str, str]]], runs: int) -> dict[str, list[float]]:
    """Each program in turn, so that a busy moment falls on all of them; the first round warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(runs + 1):
        say(f"one image, round {number} of {runs}")
        for name, program in programs.items():
            value = once(*program)
            if number:
                seconds[name].append(round(value, 3))
    return seconds


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    builds, image = figures["builds"], figures["one_image"]
    python = image["python"]["median"]

    def row(name: str, value: str, note: str) -> str:
        return f"| {name} | {value} | {note} |"

    def start(name: str) -> str:
        one = image[name]
        digits = 2 if one["median"] >= 1 else 3
        return f"{one['median']:.{digits}f} s ({one['min']:.{digits}f}-{one['max']:.{digits}f})"

    def built(name: str) -> str:
        whole = builds[name]["until_there"]
        return f"beyond conversion and trace; with them {whole} s; verification apart"

    difference = image["onefile"]["median"] - image["standalone"]["median"]
    return "\n".join(
        [
            "| figure | measured | |",
            "|---|---|---|",
            *(
                row(name, f"{builds[key]['beyond_convert_and_trace']} s", built(key))
                for name, key in (
                    ("standalone build, no caches", "standalone"),
                    ("onefile build, no caches", "onefile"),
                    ("standalone, rebuilt after a change of code", "rebuild"),
                )
            ),
            row("onefile size", f"{builds['onefile']['size'] / 1e6:.1f} MB", "one file, model inside"),
            row("standalone size", f"{builds['standalone']['size'] / 1e6:.0f} MB", "folder"),
            row("one image, Python", start("python"), "whole process"),
            row(
                "one image, standalone",
                start("standalone"),
                f"{image['standalone']['median'] / python:.2f} of Python",
            ),
            row(
                "one image, onefile, later start",
                start("onefile"),
                f"{image['onefile']['median'] / python:.2f} of Python, {difference:+.3f} s to standalone",
            ),
            row("one image, onefile, first start", f"{figures['first_start']:.2f} s", "unpacks, once"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
