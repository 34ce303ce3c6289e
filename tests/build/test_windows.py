"""Executables for Windows, built on Linux and run under Wine. None of these tests has run on Windows.

They need the toolchain (`tf2exe toolchain windows`) and are skipped without it. `pytest -m windows` runs only
them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

import forwarder_setup
from image_classifier.compare_answers import compare
from tf2exe.compile import forwarder_libraries
from tf2exe.config import windows_names
from tf2exe.cross.toolchain import wine
from tf2exe.cross.toolchain.location import user_toolchain, windows_path
from tf2exe.native import pe
from windows_classifier import (
    ARGUMENTS,
    CHECKOUT,
    PHOTOGRAPHS,
    PHOTOS,
    TOLERANCE,
    assert_predictions_agree,
    build_classifier,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from executables import Builder
    from tf2exe.cross.toolchain.location import CrossToolchain
    from tf2exe.system.captured_process import CompletedProcess

COMMANDS = {
    "photographs": ARGUMENTS,
    "formats": ["coffee.webp", "coffee.bmp", "coffee.gif", "coffee.tiff", "coffee.avif", "--format", "json"],
    "names": ["kaffee-äöü-☕.png", "grey alpha.png", "--format", "csv"],
    "faults": ["truncated.png", "coffee.jpg", "empty.png", "text.jpg", "nowhere.png"],
    "usage": ["--threads", "none", "coffee.jpg"],
}
HELLO = """import json, sys
sys.stdout.reconfigure(encoding="utf-8")
print(json.dumps(sys.argv[1:], ensure_ascii=False))
sys.exit(3)
"""
SAMPLED = ("names", "photographs", "animated", "misnamed", "depths")
"""Groups of the corpus that need few processes."""
LEFT_OUT_CASES = 13
"""Cases of these groups with file names that Windows does not allow."""
IMAGES = ("photographs", "animated", "misnamed", "depths")

pytestmark = pytest.mark.windows


@pytest.fixture(scope="module")
def toolchain() -> Iterator[CrossToolchain]:
    found = user_toolchain()
    with wine.keep_server_running(found):
        yield found


@pytest.fixture(scope="module")
def classifier(builder: Builder) -> Path:
    """The standalone classifier with LiteRT."""
    output = build_classifier(builder.cache, "litert", "standalone") / "dist" / "windows-x86_64"
    return output / "image-classifier" / "image-classifier.exe"


@pytest.fixture(scope="module")
def files(builder: Builder, pictures: Path) -> Path:
    """A folder with the photographs and `pictures`."""

    def copy(folder: Path) -> None:
        shutil.copytree(pictures, folder, dirs_exist_ok=True)
        for name in PHOTOGRAPHS:
            shutil.copyfile(PHOTOS / name, folder / name)

    return builder.cache.get_or_make("windows files", copy)


def run_windows_python(
    toolchain: CrossToolchain, model: Path, *arguments: str, cwd: Path
) -> CompletedProcess:
    """Runs the classifier in Python for Windows."""
    path = ";".join(windows_path(folder) for folder in (CHECKOUT / "src", toolchain.packages("litert")))
    code = f"import sys, os, runpy; sys.path[:0] = {path!r}.split(';'); "
    code += f"os.environ['TF2EXE_CONVERTED'] = {windows_path(model)!r}; "
    code += "runpy.run_module('image_classifier', run_name='__main__', alter_sys=True)"
    return wine.run(toolchain, [str(toolchain.python / "python.exe"), "-c", code, *arguments], cwd=cwd)


@pytest.mark.promise("windows", "Built on Linux and run under Wine, the output matches Python on Windows.")
@pytest.mark.makes("windows litert standalone", seconds=150)
@pytest.mark.parametrize("name", COMMANDS)
def test_output_matches_python_on_windows(
    toolchain: CrossToolchain, classifier: Path, files: Path, name: str
) -> None:
    arguments = COMMANDS[name]
    expected = run_windows_python(toolchain, converted_model(classifier), *arguments, cwd=files)
    ours = wine.run(toolchain, [str(classifier), *arguments], cwd=files)
    assert ours.stdout == expected.stdout
    assert ours.stderr == expected.stderr
    assert ours.exit_code == expected.exit_code


@pytest.mark.promise("windows", "Under Wine, probabilities are within 1e-5 of those on Linux.")
@pytest.mark.makes("windows litert standalone", seconds=150)
def test_photographs_agree_with_linux(
    toolchain: CrossToolchain, classifier: Path, files: Path, builder: Builder
) -> None:
    arguments = COMMANDS["photographs"]
    ours = wine.run(toolchain, [str(classifier), *arguments], cwd=files)
    model = str(converted_model(classifier))
    theirs = builder.expected("-m", "image_classifier", *arguments, cwd=files, TF2EXE_CONVERTED=model)
    assert_predictions_agree(ours.stdout, theirs.stdout)


@pytest.mark.promise("windows", "Built on Linux and run under Wine, the output matches Python on Windows.")
@pytest.mark.long
@pytest.mark.makes("windows litert standalone", seconds=150)
def test_hundred_corpus_cases_match_python(
    toolchain: CrossToolchain, classifier: Path, builder: Builder, corpus: Path
) -> None:
    """`tf2exe verify` on Linux compares with Python for Windows, and lists the cases that it leaves out."""
    assert toolchain.python.is_dir()
    command = [
        "verify",
        str(classifier),
        "--against",
        str(CHECKOUT / "pyproject.toml"),
        "--corpus",
        str(corpus),
    ]
    command += ["--json", "--build-dir", str(classifier.parents[3] / "build")]
    done = builder.tf2exe(*command, *(f"--only={group}/**" for group in SAMPLED), cwd=builder.folder)
    assert done.exit_code == 0, done.stderr.decode() or done.stdout.decode()[-2000:]
    result = json.loads(done.stdout)
    assert len(result["cases"]) >= 100
    assert not [case["name"] for case in result["cases"] if not case["same"] or case["masked"]]
    assert len(result["left_out"]) == LEFT_OUT_CASES
    assert set(result["left_out"].values()) == {windows_names.INVALID_NAME}


@pytest.mark.promise("windows", "Under Wine, probabilities are within 1e-5 of those on Linux.")
@pytest.mark.long
@pytest.mark.makes("windows litert standalone", seconds=150)
def test_corpus_images_agree_with_linux(
    toolchain: CrossToolchain, classifier: Path, builder: Builder, corpus: Path
) -> None:
    cases = tomllib.loads((corpus / "cases.toml").read_text(encoding="utf-8"))["case"]
    words = [case["arguments"][-1] for case in cases if case.get("join")]
    names = [word for word in words if word.partition("/")[0] in IMAGES]
    assert len(names) >= 40
    command = [*names, "--format", "jsonl", "--top", "1000"]
    ours = wine.run(toolchain, [str(classifier), *command], cwd=corpus)
    model = str(converted_model(classifier))
    theirs = builder.expected("-m", "image_classifier", *command, cwd=corpus, TF2EXE_CONVERTED=model)
    found = compare(theirs.stdout.decode(), ours.stdout.decode().replace("\r\n", "\n"))
    assert found is not None
    assert found.same_top
    assert found.largest <= TOLERANCE


@pytest.mark.makes("windows litert standalone", seconds=150)
def test_call_of_excluded_linear_algebra_is_one_line(
    toolchain: CrossToolchain, classifier: Path, tmp_path: Path
) -> None:
    (forwarder,) = classifier.parent.glob("lib/packages/numpy.libs/libscipy_openblas*.dll")
    assert sorted(path.name[:8] for path in forwarder.parent.iterdir()) == ["libscipy", "msvcp140"]
    files = [
        path for path in classifier.parent.rglob("*") if path.suffix in pe.SUFFIXES and pe.read_file(path)
    ]
    imported = {name for path in files for name in pe.imported_names(path, forwarder.name)}
    assert imported <= set(forwarder_setup.read_exports(forwarder).functions)
    code = f"import ctypes; ctypes.CDLL({windows_path(forwarder)!r}).{min(imported)}()"
    done = wine.run(toolchain, [str(toolchain.python / "python.exe"), "-c", code], cwd=tmp_path)
    assert done.exit_code == forwarder_libraries.EXIT_DAMAGED
    assert done.stderr.decode() == f"tf2exe: {forwarder_libraries.excluded_message('numpy.linalg')}\n"


@pytest.mark.makes("windows litert standalone", seconds=150)
def test_dlls_of_unused_modules_are_not_bundled(classifier: Path) -> None:
    folder = classifier.parent / "lib" / "python" / "lib-dynload"
    files = {path.name: binary for path in folder.iterdir() if (binary := pe.read_file(path))}
    needed = {library for binary in files.values() for library in binary.needed}
    assert {name.lower() for name in files if name.endswith(".dll")} <= needed
    assert files
    assert {"_ssl.pyd", "_sqlite3.pyd"} <= files.keys()  # an import can reach them
    assert not [name for name in files if name.startswith("_tkinter")]


def converted_model(program: Path) -> Path:
    """The folder with the converted model of the build."""
    return program.parents[3] / "build" / "windows-x86_64" / "image-classifier" / "converted" / "files"


@pytest.mark.makes("windows hello onefile", seconds=60)
def test_onefile_unpacks_once(toolchain: CrossToolchain, hello: Path, tmp_path: Path) -> None:
    cache = {"TF2EXE_CACHE_DIR": windows_path(tmp_path / "cache")}
    first = wine.run(toolchain, [str(hello), "a b", "ä"], cwd=tmp_path, variables=cache)
    assert (first.exit_code, first.stderr) == (3, b"")
    assert json.loads(first.stdout) == ["a b", "ä"]
    unpacked = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.dll")}
    assert unpacked
    second = wine.run(toolchain, [str(hello), "a b", "ä"], cwd=tmp_path, variables=cache)
    assert second.stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.dll")} == unpacked


@pytest.fixture(scope="module")
def hello(toolchain: CrossToolchain, builder: Builder) -> Path:
    """A onefile that Python for Windows builds with the script, as users do on Windows."""

    def build(folder: Path) -> None:
        (folder / "hello.py").write_text(HELLO, encoding="utf-8")
        script = windows_path(CHECKOUT / "scripts" / "build_nuitka.py")
        command = [str(toolchain.python / "python.exe"), script, "hello.py", "--sample", "one"]
        # The builder requires NumPy, which pip would have installed.
        path = {"PYTHONPATH": windows_path(toolchain.packages("litert"))}
        done = wine.run(toolchain, command, cwd=folder, variables=path)
        assert done.exit_code == 0, done.stderr.decode()[-2000:]

    return builder.cache.get_or_make("windows hello", build) / "dist" / "hello.exe"


def test_compiler_shim(toolchain: CrossToolchain, tmp_path: Path) -> None:
    folder = tmp_path / "with blank"
    (folder / "blobs").mkdir(parents=True)
    (folder / "blobs" / "number.bin").write_bytes(b"\x2a")
    source = 'const unsigned char numbers[] = {\n#embed "blobs\\number.bin"\n};\n'
    source += "int main(void) { return numbers[0]; }\n"
    (folder / "main.c").write_text(source, encoding="utf-8")
    (folder / "words.rsp").write_text('-o "made by response.exe"', encoding="utf-8")
    zig = str(toolchain.programs / "zig.exe")
    # With -O2 like all builds: for other options, Zig would compile its runtime again.
    command = [zig, "cc", "-O2", "-std=c23", windows_path(folder / "main.c"), "@words.rsp"]
    done = wine.run(toolchain, command, cwd=folder)
    assert done.exit_code == 0, done.stdout
    assert wine.run(toolchain, [str(folder / "made by response.exe")], cwd=folder).exit_code == 0x2A


@pytest.mark.promise("windows", "Preparing the toolchain compiles what all builds share.")
@pytest.mark.parametrize(("folder", "shared"), [("static_src", True), ("own", False)])
def test_shared_sources_are_compiled_once(
    toolchain: CrossToolchain, tmp_path: Path, folder: str, *, shared: bool
) -> None:
    """Nuitka's runtime uses the cache of the toolchain, other sources use the cache of the build."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "one.c").write_text(f"int one(void) {{ return {tmp_path.stat().st_ino}; }}\n")
    cache = tmp_path / "cache"
    command = [str(toolchain.programs / "zig.exe"), "cc", "-c", f"{folder}\\one.c", "-o", "one.o"]
    done = wine.run(toolchain, command, cwd=tmp_path, variables={"ZIG_LOCAL_CACHE_DIR": str(cache)})
    assert done.exit_code == 0, done.stdout
    assert (tmp_path / "one.o").is_file()
    assert bool([*cache.rglob("*.obj"), *cache.rglob("*.o")]) is not shared


def test_compiler_shim_returns_output_and_exit_code(toolchain: CrossToolchain, tmp_path: Path) -> None:
    (tmp_path / "wrong.c").write_text("int main(void) { return nothing; }", encoding="utf-8")
    done = wine.run(toolchain, [str(toolchain.programs / "zig.exe"), "cc", "-c", "wrong.c"], cwd=tmp_path)
    assert done.exit_code == 1
    assert b"nothing" in done.stdout


def test_native_shim_runs_a_program_of_the_host(toolchain: CrossToolchain, tmp_path: Path) -> None:
    code = "import sys; print(sys.platform, *sys.argv[1:]); sys.exit(7)"
    words = [windows_path(tmp_path), 'it\'s "quoted"', "a=" + windows_path(tmp_path)]
    done = wine.run(
        toolchain, [str(toolchain.programs / "native.exe"), sys.executable, "-c", code, *words], cwd=tmp_path
    )
    assert done.exit_code == 7
    assert done.stdout.decode().split("\n")[0] == f'linux {tmp_path} it\'s "quoted" a={tmp_path}'


def test_stat_does_not_read_the_volume(toolchain: CrossToolchain, tmp_path: Path) -> None:
    """Reading the volume would take Wine ten times as long. The device is 0 if it is not read."""
    code = f"import os; print(os.stat({windows_path(tmp_path)!r}).st_dev)"
    done = wine.run(toolchain, [str(toolchain.python / "python.exe"), "-c", code], cwd=tmp_path)
    assert done.stdout.strip() == b"0"
