"""Small programs, each with one difficulty, built without a configuration."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder, Executable, ProgramResult

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "tests" / "programs"
PHOTOS = CHECKOUT / "assets" / "samples"
MODEL = CHECKOUT / "assets" / "model" / "efficientnet_lite0.keras"


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("standalone", marks=pytest.mark.makes("two_files standalone", seconds=30)),
        pytest.param("onefile", marks=pytest.mark.makes("two_files onefile", seconds=40)),
    ],
)
def two_files(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    return builder.program(
        "two_files",
        "--data",
        "model.keras",
        "--sample",
        "test_image.jpg",
        files={"model.keras": MODEL, "test_image.jpg": PHOTOS / "rocket.jpg"},
        mode=request.param,
    )


def test_program_of_two_files_matches_python(two_files: Executable, builder: Builder, tmp_path: Path) -> None:
    """The model is next to the program. The image is in the current folder, and no sample uses it."""
    image = PHOTOS / "chelsea.png"
    theirs = builder.expected("run_inference.py", str(image), cwd=two_files.source, TF_CPP_MIN_LOG_LEVEL="2")
    shutil.copyfile(image, tmp_path / "no sample.png")
    ours = two_files.run("no sample.png", cwd=tmp_path, TF_CPP_MIN_LOG_LEVEL="2")
    assert ours.exit_code == 0, ours.stderr
    assert ours.stdout.splitlines()[-2:] == theirs.stdout.splitlines()[-2:]
    assert b"Predicted class: 28" in ours.stdout  # 281 to 287 are cats
    assert b"Confidence" in ours.stdout


@pytest.mark.makes("two_models", seconds=60)
def test_default_image_that_a_sample_reads_is_bundled(builder: Builder) -> None:
    built = builder.program(
        "two_models",
        "--data",
        "models",
        "--sample",
        "",
        files={
            "models/features.keras": MODEL,
            "models/head.h5": _head(builder),
            "photo.png": PHOTOS / "astronaut.png",
        },
        mode="standalone",
    )
    ours = built.run(TF_CPP_MIN_LOG_LEVEL="2")
    theirs = builder.expected("run.py", cwd=built.source, TF_CPP_MIN_LOG_LEVEL="2")
    assert ours.stdout == theirs.stdout
    assert ours.stdout.startswith(b"float32 (1, 3)")


def _head(builder: Builder) -> Path:
    """A second model, in the older format, with weights from a fixed seed."""
    script = (
        "import keras, sys\n"
        "keras.utils.set_random_seed(7)\n"
        "model = keras.Sequential([keras.Input((1000,)), keras.layers.Dense(3, activation='softmax')])\n"
        "model.save(sys.argv[1])\n"
    )

    def train(folder: Path) -> None:
        assert builder.python("-c", script, "head.h5", cwd=folder).exit_code == 0

    return builder.cache.get_or_make("head", train) / "head.h5"


@pytest.mark.makes("autograph_control_flow", seconds=45)
def test_autograph_converts_control_flow_of_the_program(builder: Builder) -> None:
    built = builder.program("autograph_control_flow", "--sample", "", mode="standalone")
    theirs = builder.python("run.py", "97", cwd=built.source, TF_CPP_MIN_LOG_LEVEL="2")
    ours = built.run("97", TF_CPP_MIN_LOG_LEVEL="2")
    assert ours.stdout == theirs.stdout
    assert ours.exit_code == theirs.exit_code == 0
    assert b"AutoGraph could not" not in ours.stderr


@pytest.mark.makes("error_in_own_layer", seconds=40)
def test_error_in_a_custom_layer_keeps_its_type(builder: Builder) -> None:
    built = builder.program("error_in_own_layer", "--sample", "", mode="standalone")
    ours = built.run("--uncaught", TF_CPP_MIN_LOG_LEVEL="2")
    theirs = builder.python("run.py", "--uncaught", cwd=built.source, TF_CPP_MIN_LOG_LEVEL="2")
    assert ours.stdout == theirs.stdout
    assert b"refused: " in ours.stdout
    assert ours.exit_code == theirs.exit_code == 1
    assert ours.stderr.splitlines()[-4:] == theirs.stderr.splitlines()[-4:]
    assert b"SystemError" not in ours.stderr
    assert library_frames(ours) == library_frames(theirs)


@pytest.mark.promise("parity", "Patches keep line numbers, and one that does not apply is reported.")
@pytest.mark.makes("error_in_own_layer", seconds=40)
def test_tensorflow_frames_keep_their_line_numbers(builder: Builder) -> None:
    built = builder.program("error_in_own_layer", "--sample", "", mode="standalone")
    ours = built.run("--operation", TF_CPP_MIN_LOG_LEVEL="2")
    theirs = builder.python("run.py", "--operation", cwd=built.source, TF_CPP_MIN_LOG_LEVEL="2")
    assert ours.exit_code == theirs.exit_code == 1
    assert ours.stderr.splitlines()[-1:] == theirs.stderr.splitlines()[-1:]
    assert [file for file, _ in library_frames(theirs)].count(b"tensorflow/python/util/traceback_utils.py")
    assert library_frames(ours) == library_frames(theirs)


def library_frames(answer: ProgramResult) -> list[tuple[bytes, bytes]]:
    """Files of Keras and TensorFlow in a traceback, with their line numbers."""
    return re.findall(rb'/((?:keras|tensorflow)/[^"]+)", line (\d+)', answer.stderr)


@pytest.fixture(scope="session")
def late_imports(builder: Builder) -> Executable:
    return builder.program("import_inside_function", "--sample", "", mode="standalone")


@pytest.mark.parametrize(
    "arguments", [("checksum", "hi"), ("colour", "hi"), ("by-name", "json"), ("by-name", "xml.dom.minidom")]
)
def test_branches_without_a_sample_import_their_modules(
    late_imports: Executable, builder: Builder, arguments: tuple[str, ...]
) -> None:
    ours = late_imports.run(*arguments)
    assert ours == builder.python("run.py", *arguments, cwd=late_imports.source)
    assert ours.exit_code == 0


def test_missing_module_names_the_option_in_one_line(late_imports: Executable) -> None:
    answer = late_imports.run("by-name", "pytest")
    assert answer.exit_code == 1
    assert answer.stderr.count(b"\n") == 1
    assert b"--include-module pytest" in answer.stderr


def test_include_module_bundles_the_module(builder: Builder) -> None:
    built = builder.program(
        "import_inside_function", "--sample", "", "--include-module", "iniconfig", mode="standalone"
    )
    assert built.run("by-name", "iniconfig").stdout == b"by-name iniconfig\n"


def test_spawned_processes_work_and_end(builder: Builder) -> None:
    built = builder.program("spawned_processes", "--sample", "", mode="standalone")
    assert built.run().stdout == b"[0, 1, 4, 9, 16, 25]\n"


FIRST_USE = PROGRAMS / "first_use" / "run.py"
FIRST = re.findall(r'^    "(\w+)": ', FIRST_USE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.promise(
    "parity", "A name of NumPy that no sample used works, also as the first one in a process."
)
@pytest.mark.makes("first_use", seconds=30)
@pytest.mark.parametrize("name", FIRST)
def test_name_without_a_sample_matches_python(builder: Builder, name: str) -> None:
    """Each name is the first one in its process."""
    built = builder.program("first_use", "--sample", "", "--runtime", "litert", mode="standalone")
    theirs, ours = builder.expected("run.py", name, cwd=built.source), built.run(name)
    assert (ours.exit_code, ours.stdout) == (theirs.exit_code, theirs.stdout)
    assert ours.stderr.splitlines()[-1:] == theirs.stderr.splitlines()[-1:]
    if name == "singular":
        assert inside_numpy(ours.stderr) == inside_numpy(theirs.stderr)


def inside_numpy(text: bytes) -> bytes:
    """The part of a traceback in NumPy's files, with line numbers and source lines."""
    return re.sub(rb"/\S*?/(?=numpy/)", b"", text[text.index(b'/numpy/linalg/_linalg.py"') :])


@pytest.mark.promise("parity", "A process may fork or exit while native modules are preloaded.")
@pytest.mark.makes("forks_at_once", seconds=20)
@pytest.mark.parametrize("leave", ["--quick-exit", "--no-quick-exit"])
def test_process_forks_and_exits_during_preload(builder: Builder, leave: str) -> None:
    samples = [word for how in ("load", "fork", "end") for word in ("--sample", how)]
    built = builder.program("forks_at_once", *samples, leave, mode="standalone")
    listed = (built.program.parent / "lib" / "preload").read_text(encoding="utf-8").splitlines()
    assert [Path(path).name.partition(".")[0] for path in listed] == [
        "_pywrap_litert_interpreter_wrapper",
        "_imaging",
    ]
    for _ in range(20):
        forked, ended = built.run("fork"), built.run("end")
        assert (forked.exit_code, forked.stdout) == (0, b"Interpreter (2, 2)\n0\n")
        assert (ended.exit_code, ended.stdout, ended.stderr) == (5, b"", b"")


@pytest.mark.promise("parity", "Modules are found as in Python: files, loaders, resources, `sys.path`.")
@pytest.mark.makes("looked_up_modules", seconds=20)
def test_module_lookup_matches_python(builder: Builder, tmp_path: Path) -> None:
    """The build compares the sample. A plug-in next to the executable hides a bundled module."""
    built = builder.program("looked_up_modules", "--sample", "written", mode="standalone")
    (built.program.parent / "tabnanny.py").write_text("raise SystemExit('the plug-in')\n", encoding="utf-8")
    answer = built.run(str(tmp_path))
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1] == b"the plug-in"
    (built.program.parent / "tabnanny.py").unlink()
    broken = built.run(str(tmp_path), "refuse").stderr.splitlines()
    assert broken[-1] == b"ValueError: refused"
    theirs = builder.python("run.py", str(tmp_path), "refuse", cwd=built.source).stderr.splitlines()
    frames = [line.rpartition(b"/")[2] for line in broken if line.startswith(b"  File")]
    assert [frame.replace(b"__main__.py", b"run.py") for frame in frames] == [
        line.rpartition(b"/")[2] for line in theirs if line.startswith(b"  File")
    ]


def test_damaged_module_index_is_one_line(builder: Builder, tmp_path: Path) -> None:
    built = builder.program("looked_up_modules", "--sample", "written", mode="standalone")
    folder = tmp_path / "copy"
    shutil.copytree(built.program.parent, folder)
    table = folder / "lib" / "modules"
    content = table.read_bytes()
    table.unlink()
    table.write_bytes(content[: len(content) // 2])
    done = subprocess.run([folder / built.program.name, "x"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 118
    assert done.stderr.count(b"\n") == 1
    assert b"lib/modules" in done.stderr


@pytest.mark.promise("parity", "A module whose bytecode is missing or stale is compiled from its source.")
def test_module_without_bytecode_is_compiled_from_source(builder: Builder, tmp_path: Path) -> None:
    """Bytecode archives are missing, or have another size than the module index says."""
    built = builder.program("looked_up_modules", "--sample", "written", mode="standalone")
    folder = tmp_path / "copy"
    shutil.copytree(built.program.parent, folder)
    archives = sorted((folder / "lib" / "bytecode").iterdir())
    assert len(archives) > 1
    for number, archive in enumerate(archives):
        content = archive.read_bytes()
        archive.unlink()
        if number % 2:
            archive.write_bytes(content[:-1])
    whole = built.run(str(tmp_path))
    command = [str(folder / built.program.name), str(tmp_path)]
    done = subprocess.run(command, cwd=built.source, capture_output=True, check=False)
    text = done.stdout.replace(bytes(folder), bytes(built.program.parent))
    assert (done.returncode, text) == (whole.exit_code, whole.stdout)
    assert whole.exit_code == 0


@pytest.fixture(scope="session")
def quick(builder: Builder) -> Executable:
    return builder.program("ends_in_many_ways", "--sample", "end", "--quick-exit", mode="standalone")


@pytest.mark.promise("parity", "`quick-exit` keeps exit code, output, `atexit` functions and threads.")
@pytest.mark.makes("ends_in_many_ways", seconds=20)
@pytest.mark.parametrize("how", ["end", "number", "text", "negative", "error", "failing", "late", "leaves"])
def test_quick_exit_matches_python(quick: Executable, builder: Builder, how: str) -> None:
    ours, theirs = quick.run(how), builder.python("run.py", how, cwd=quick.source, PYTHONUNBUFFERED="")
    assert (ours.exit_code, ours.stdout) == (theirs.exit_code, theirs.stdout)
    assert ours.stderr.splitlines()[-1:] == theirs.stderr.splitlines()[-1:]
    commands = [[str(quick.program), how], [sys.executable, "run.py", how]]
    with Path("/dev/full").open("wb") as full:
        broken = [
            subprocess.run(
                command, cwd=quick.source, env={}, stdout=full, stderr=subprocess.PIPE, check=False
            )
            for command in commands
        ]
    assert broken[0].returncode == broken[1].returncode
    assert broken[0].stderr.splitlines()[-1:] == broken[1].stderr.splitlines()[-1:]
