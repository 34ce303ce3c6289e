"""The bundled application in both modes, with images and arguments that no sample has."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder, Executable

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTOS = CHECKOUT / "assets" / "samples"


COMMANDS = {
    "formats": ["coffee.webp", "coffee.bmp", "coffee.gif", "coffee.tiff", "coffee.avif", "--format", "json"],
    "modes": [
        "cmyk.jpg",
        "grey alpha.png",
        "sixteen.png",
        "kaffee-äöü-☕.png",
        "--format",
        "csv",
        "--top",
        "2",
    ],
    "glob": ["coffee.*", "--format", "jsonl", "--batch-size", "3"],
    "faults": ["truncated.png", "coffee.jpg", "empty.png", "text.jpg", "nowhere.png"],
    "text": ["coffee.jpg"],
    "usage": ["--top", "many", "coffee.jpg"],
    "nothing": [],
    "help": ["--help"],
    "version": ["--version"],
    "bad model": ["coffee.jpg", "--model", "text.jpg"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_output_matches_python(classifier: Executable, builder: Builder, pictures: Path, name: str) -> None:
    ours = classifier.run(*COMMANDS[name], cwd=pictures)
    assert ours == builder.expected("-m", "image_classifier", *COMMANDS[name], cwd=pictures)
    assert ours.stdout or ours.stderr


def test_standard_input_and_output_file_match_python(
    classifier: Executable, builder: Builder, pictures: Path, tmp_path: Path
) -> None:
    data = (pictures / "coffee.webp").read_bytes()
    arguments = ["-", "--format", "json", "--output"]

    def in_python(folder: Path) -> None:
        command = ["-m", "image_classifier", *arguments, str(folder / "results.json")]
        theirs = builder.python(*command, cwd=pictures, stdin=data)
        assert (theirs.exit_code, theirs.stdout, theirs.stderr) == (0, b"", b"")

    expected = builder.cache.get_or_make("standard input in Python", in_python) / "results.json"
    ours = classifier.run(*arguments, str(tmp_path / "results.json"), cwd=pictures, stdin=data)
    assert (ours.exit_code, ours.stdout, ours.stderr) == (0, b"", b"")
    assert (tmp_path / "results.json").read_bytes() == expected.read_bytes()
    assert json.loads(expected.read_bytes())


@pytest.fixture(scope="session")
def other_models(builder: Builder) -> Path:
    """The bundled model as .h5 and as a SavedModel."""
    script = (
        "import keras, sys\n"
        "model = keras.models.load_model(sys.argv[1], compile=False)\n"
        "model.save('model.h5')\n"
        "model.export('saved', verbose=False)\n"
    )

    def export(folder: Path) -> None:
        model = str(CHECKOUT / "assets/model/efficientnet_lite0.keras")
        done = builder.python("-c", script, model, cwd=folder)
        assert done.exit_code == 0, done.stderr

    return builder.cache.get_or_make("other models", export)


@pytest.mark.parametrize("model", ["model.h5", "saved"])
def test_other_model_formats_are_read(
    classifier: Executable, builder: Builder, pictures: Path, other_models: Path, model: str
) -> None:
    """No sample reads .h5 or a SavedModel, but the modules that they need are bundled."""
    command = [str(pictures / "coffee.jpg"), "--model", model, "--format", "json"]
    ours = classifier.run(*command, cwd=other_models)
    assert ours == builder.expected("-m", "image_classifier", *command, cwd=other_models)
    assert b"espresso" in ours.stdout


def test_self_test_passes(classifier: Executable) -> None:
    answer = classifier.run("--self-test")
    assert answer.exit_code == 0, answer.stderr
    assert b"identical" in (answer.stdout + answer.stderr).lower()


def test_empty_environment(classifier: Executable, pictures: Path) -> None:
    env = {"TF2EXE_CACHE_DIR": str(classifier.home / ".cache" / "tf2exe")}
    done = subprocess.run(
        [classifier.program, "coffee.jpg"], cwd=pictures, env=env, capture_output=True, check=True
    )
    assert b"espresso" in done.stdout
    assert done.stderr == b""


def test_python_variables_are_ignored(classifier: Executable, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "PIL.py").write_text("raise SystemExit('the wrong module')", encoding="utf-8")
    answer = classifier.run("coffee.jpg", cwd=pictures, PYTHONPATH=str(tmp_path), PYTHONHOME="/nowhere")
    assert answer.exit_code == 0
    assert b"espresso" in answer.stdout


def test_started_through_a_link_and_from_a_deleted_folder(classifier: Executable, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(classifier.program)
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'rmdir "{gone}" && exec "{link}" "{PHOTOS / "chelsea.png"}"'
    env = {"PATH": "/bin:/usr/bin", "HOME": str(classifier.home)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=gone, env=env, capture_output=True, check=False)
    assert b"tiger cat" in done.stdout, done.stderr


@pytest.mark.promise("signals", "A closed pipe ends the program without a message.")
def test_closed_pipe_prints_no_traceback(classifier: Executable, pictures: Path) -> None:
    env = {"PATH": "/bin:/usr/bin", "HOME": str(classifier.home)}
    command = f'"{classifier.program}" coffee.* --format jsonl | head -c 1'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=pictures, env=env, capture_output=True, check=False)
    assert len(done.stdout) == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.promise("signals", "Ctrl-C ends the classifier with exit code 130 and no traceback.")
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_interrupt_ends_with_code_130(classifier: Executable, pictures: Path) -> None:
    env = {"PATH": "/nowhere", "HOME": str(classifier.home)}
    command = [str(classifier.program), *["coffee.jpg"] * 3000, "--format", "jsonl"]
    with subprocess.Popen(
        command, cwd=pictures, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'{"format": 1, ')
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, b"")


def test_application_is_compiled_without_the_builder(classifier: Executable) -> None:
    compiled = json.loads((classifier.build / "report.json").read_bytes())["compiled"]
    sources = (CHECKOUT / "src" / "image_classifier").rglob("*.py")
    expected = {
        ".".join(path.relative_to(CHECKOUT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in sources
        if path.name not in ("__main__.py", "litert.py")  # belongs to another runtime
    }
    assert set(compiled) == {"__main__", *expected}  # so no module of the builder
    manifest = json.loads((classifier.build / "manifest.json").read_bytes())
    paths = [file["path"] for file in manifest["files"]]
    modules = ("tf2exe_start", "tf2exe_settings")
    data = ("missing_modules.json", "parity.json")
    allowed = {f"lib/tf2exe/{name}" for name in (*(f"{module}.py" for module in modules), *data)}
    allowed |= {f"lib/tf2exe/__pycache__/{module}.{sys.implementation.cache_tag}.pyc" for module in modules}
    allowed.add("lib/libtf2exe_start.so")  # part of the interpreter's launcher
    inside = [path for path in paths if "tf2exe" in path and path not in allowed]
    assert inside == []
    assert not [p for p in paths if "/image_classifier/" in f"/{p}" and p.endswith((".py", ".pyc"))]


def test_report_describes_the_build(classifier: Executable) -> None:
    report = json.loads((classifier.build / "report.json").read_bytes())
    assert report["parity"]["same"] is True
    assert len(report["parity"]["samples"]) >= 3
    size = classifier.program.stat().st_size
    assert report["size"] == size if report["mode"] == "onefile" else report["size"] > size
    assert Path(report["executable"]).exists()


@pytest.mark.promise("build", "Optional dependencies of Keras are bundled only if something else uses them.")
def test_optional_dependencies_of_keras_are_not_bundled(classifier: Executable, builder: Builder) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed, so that Keras does not load it")
    plan = json.loads((classifier.build / "plan.json").read_bytes())
    assert {"pandas", "python-dateutil"} <= set(plan["unused_optional"])
    manifest = json.loads((classifier.build / "manifest.json").read_bytes())
    assert not [f["path"] for f in manifest["files"] if f["path"].startswith("lib/packages/pandas")]
    answer = builder.tf2exe("explain", "pandas", "--build-dir", str(classifier.build), cwd=CHECKOUT)
    assert b" at every start" in answer.stdout  # the reason of the rule
    assert b"build it again with --include-module pandas" in answer.stdout


@pytest.mark.makes("classifier onefile", seconds=100)
def test_warm_start_unpacks_nothing(builder: Builder, pictures: Path) -> None:
    built = builder.classifier("onefile")
    assert built.run("--version").exit_code == 0
    cache = built.home / ".cache" / "tf2exe"
    before = {path: path.stat().st_ctime_ns for path in cache.glob("*/*/**/*.so*")}
    assert before
    assert built.run("coffee.jpg", cwd=pictures).exit_code == 0
    assert {path: path.stat().st_ctime_ns for path in cache.glob("*/*/**/*.so*")} == before


def test_explain_knows_modules_files_and_options(builder: Builder) -> None:
    folder = ["--build-dir", str(builder.classifier("standalone").build)]
    for what, expected in {
        "image_classifier.inference": b"compiled to C",
        "--mode": b"nuitka_options/base.toml",
        "h5py": b"bundled",
        "tensorflow/include/x.h": b"excluded",
        "pytest": b"--include-module pytest",
    }.items():
        answer = builder.tf2exe("explain", what, *folder, cwd=CHECKOUT)
        assert answer.exit_code == 0
        assert expected in answer.stdout, what
    assert builder.tf2exe("explain", "no_such_thing", *folder, cwd=CHECKOUT).exit_code == 1
