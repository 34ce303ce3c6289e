"""The bundled application with the runtime LiteRT, in both modes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder, Executable, ProgramResult

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTOS = CHECKOUT / "assets" / "samples"
PHOTOGRAPHS = [str(PHOTOS / name) for name in ("astronaut.png", "camera.png", "chelsea.png", "coffee.png")]
PHOTOGRAPHS += [str(PHOTOS / "rocket.jpg")]
COMMANDS = {
    "photographs": [*PHOTOGRAPHS, "--format", "json", "--top", "1000"],
    "formats": ["coffee.webp", "coffee.bmp", "coffee.gif", "coffee.tiff", "coffee.avif", "--format", "json"],
    "modes": ["cmyk.jpg", "grey alpha.png", "sixteen.png", "kaffee-äöü-☕.png", "--format", "csv"],
    "threads": ["coffee.jpg", "--threads", "1", "--format", "jsonl"],
    "faults": ["truncated.png", "coffee.jpg", "empty.png", "text.jpg", "nowhere.png"],
    "text": ["coffee.jpg"],
    "usage": ["--threads", "none", "coffee.jpg"],
    "help": ["--help"],
    "bad model": ["coffee.jpg", "--model", "text.tflite"],
}


def build(builder: Builder, mode: str) -> Executable:
    return builder.classifier(mode, "--runtime", "litert")


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("standalone", marks=pytest.mark.makes("litert standalone", seconds=50)),
        pytest.param("onefile", marks=pytest.mark.makes("litert onefile", seconds=60)),
    ],
)
def litert(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    return build(builder, request.param)


def in_python(builder: Builder, built: Executable, *arguments: str, cwd: Path) -> ProgramResult:
    """The result in Python, with the converted model of the build."""
    converted = str(built.build / "converted" / "files")
    return builder.expected("-m", "image_classifier", *arguments, cwd=cwd, TF2EXE_CONVERTED=converted)


@pytest.mark.parametrize("name", COMMANDS)
def test_output_matches_python(litert: Executable, builder: Builder, pictures: Path, name: str) -> None:
    ours = litert.run(*COMMANDS[name], cwd=pictures)
    assert ours == in_python(builder, litert, *COMMANDS[name], cwd=pictures)
    assert ours.stdout or ours.stderr


def test_predictions_agree_with_tensorflow(litert: Executable, builder: Builder, pictures: Path) -> None:
    command = COMMANDS["photographs"]
    theirs = json.loads(builder.expected("-m", "image_classifier", *command, cwd=pictures).stdout)
    ours = json.loads(litert.run(*command, cwd=pictures).stdout)
    assert [image["image"] for image in ours["images"]] == PHOTOGRAPHS
    for one, other in zip(ours["images"], theirs["images"], strict=True):
        assert one["predictions"][0]["index"] == other["predictions"][0]["index"]
        expected = {p["index"]: p["probability"] for p in other["predictions"]}
        assert max(abs(p["probability"] - expected[p["index"]]) for p in one["predictions"]) < 1e-5


def test_self_test_passes(litert: Executable) -> None:
    answer = litert.run("--self-test")
    assert answer.exit_code == 0, answer.stderr
    assert b"identical" in answer.stdout


def test_empty_environment(litert: Executable, pictures: Path) -> None:
    env = {"TF2EXE_CACHE_DIR": str(litert.home / ".cache" / "tf2exe"), "TF2EXE_CONVERTED": "/nowhere"}
    done = subprocess.run(
        [litert.program, "coffee.jpg"], cwd=pictures, env=env, capture_output=True, check=True
    )
    assert b"espresso" in done.stdout
    assert done.stderr == b""


HEAP = 56 << 20
"""Bytes by which huge_pages.c extends the heap at the start."""


@pytest.mark.promise("build", "The heap and Python's objects are in huge pages, where Linux has them.")
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_heap_and_arenas_are_advised_as_huge_pages(litert: Executable, pictures: Path) -> None:
    """The kernel may have no free huge pages, so the test checks the advice: `hg` in smaps."""
    command = [
        str(litert.program),
        str(pictures / "coffee.jpg"),
        "-",
        "--batch-size",
        "1",
        "--format",
        "jsonl",
    ]
    env, pipe = {"HOME": str(litert.home)}, subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        # It has classified one image, and waits for standard input.
        assert process.stdout.readline().startswith(b"{")
        advised = regions_with_huge_pages(process.pid)
        process.kill()
    assert sum(size for name, size in advised if name == "[heap]") >= HEAP
    assert sum(size for name, size in advised if not name) >= 2 << 20


def regions_with_huge_pages(process: int) -> list[tuple[str, int]]:
    """Name and size in bytes of each mapping with the advice to use huge pages."""
    found = []
    name, size = "", 0
    for line in Path(f"/proc/{process}/smaps").read_text(encoding="utf-8").splitlines():
        key, *rest = line.split()
        if not key.endswith(":"):
            name = rest[4] if len(rest) > 4 else ""
        elif key == "Size:":
            size = int(rest[0]) << 10
        elif key == "VmFlags:" and "hg" in rest:
            found.append((name, size))
    return found


def test_tensorflow_is_not_bundled(litert: Executable) -> None:
    manifest = json.loads((litert.build / "manifest.json").read_bytes())
    paths = [file["path"] for file in manifest["files"]]
    packages = {path.split("/")[2] for path in paths if path.startswith("lib/packages/")}
    bundled = {name for name in packages if not name.endswith((".libs", ".dist-info"))}
    assert bundled == {"PIL", "ai_edge_litert", "numpy"}
    assert not [path for path in paths if path.endswith((".keras", ".h5"))]
    assert not [path for path in paths if "WebGpu" in path or path.endswith("libLiteRt.so")]
    assert "assets/model/efficientnet_lite0.tflite" in paths
    assert "assets/model/imagenet_labels.txt" in paths
    compiled = json.loads((litert.build / "report.json").read_bytes())["compiled"]
    assert "image_classifier.runtimes.litert" in compiled
    assert "image_classifier.runtimes.tensorflow" not in compiled


def test_model_of_another_runtime_is_refused_in_one_line(litert: Executable, pictures: Path) -> None:
    model = CHECKOUT / "assets" / "model" / "efficientnet_lite0.keras"
    answer = litert.run("coffee.jpg", "--model", str(model), cwd=pictures)
    assert answer.exit_code == 4
    assert b"needs the runtime tensorflow, which is not here" in answer.stderr
    assert answer.stderr.count(b"\n") == 1


def test_report_and_manifest_list_converted_models(litert: Executable) -> None:
    report = json.loads((litert.build / "report.json").read_bytes())
    manifest = json.loads((litert.build / "manifest.json").read_bytes())
    assert report["runtime"] == "litert"
    assert report["models"] == manifest["models"]
    agreement = report["models"]["agreement"]
    assert (agreement["predictions"], agreement["same_top"]) == (5, 5)
    assert 0 < agreement["largest"] < 1e-5
    assert 0 < agreement["mean"] < agreement["largest"]
    (model,) = report["models"]["models"]
    assert model["path"] == "assets/model/efficientnet_lite0.tflite"
    assert report["models"]["precision"] == "float32"


@pytest.mark.makes("litert standalone", seconds=50)
def test_explain_gives_the_reason_for_excluding_tensorflow(builder: Builder) -> None:
    folder = ["--build-dir", str(build(builder, "standalone").build)]
    for what, expected in {
        "tensorflow": b"excluded with the runtime litert",
        "ai_edge_litert/libLiteRt.so": b"excluded from",
        "runtime": b"litert: command line",
        "assets/model/efficientnet_lite0.tflite": b"efficientnet_lite0.keras, converted by tensorflow",
    }.items():
        answer = builder.tf2exe("explain", what, *folder, cwd=CHECKOUT)
        assert answer.exit_code == 0, what
        assert expected in answer.stdout, answer.stdout
