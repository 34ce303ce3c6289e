"""tf2exe builds executables when it is installed from a wheel or an sdist."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = CHECKOUT / "tests" / "programs" / "import_inside_function"


def pip(*arguments: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def distributions(builder: Builder) -> dict[str, Path]:
    """A wheel and an sdist, made from a clean copy of the files that git tracks."""
    clean = builder.cache.get_or_make("distributions", make_distributions) / "clean"
    return {"wheel": next(clean.glob("*.whl")), "sdist": next(clean.glob("*.tar.gz"))}


def make_distributions(folder: Path) -> None:
    script = "import hatchling.build as b; b.build_sdist('.'); b.build_wheel('.')"
    pip("install", "--quiet", "--target", str(folder / "backend"), "hatchling", cwd=folder)
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True
    ).stdout.split(b"\0")
    clean = folder / "clean"
    for name in (name.decode() for name in names if name):
        if (CHECKOUT / name).is_file():
            (clean / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(CHECKOUT / name, clean / name)
    env = {"PYTHONPATH": str(folder / "backend"), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", script], cwd=clean, env=env, check=True, capture_output=True)


@pytest.mark.parametrize("form", ["wheel", "sdist"])
def test_installed_tf2exe_builds(
    distributions: dict[str, Path], builder: Builder, tmp_path: Path, form: str
) -> None:
    site = tmp_path / "site"
    pip("install", "--quiet", "--no-deps", "--target", str(site), str(distributions[form]), cwd=tmp_path)
    assert not (site / "image_classifier").exists()
    program = tmp_path / "program"
    shutil.copytree(PROGRAM, program)
    answer = builder.python(
        "-P",
        "-m",
        "tf2exe",
        "build",
        "run.py",
        "--sample",
        "",
        "--mode",
        "standalone",
        cwd=program,
        PYTHONPATH=str(site),
    )
    assert answer.exit_code == 0, answer.stderr.decode()
    done = subprocess.run([program / "dist/run/run", "colour", "x"], capture_output=True, check=True)
    assert done.stdout.startswith(b"colour ")


def test_wheel_has_data_launchers_docs_and_licence(distributions: dict[str, Path]) -> None:
    names = zipfile.ZipFile(distributions["wheel"]).namelist()
    for expected in (
        "tf2exe/nuitka_options/base.toml",
        "tf2exe/nuitka_options/packages/tensorflow.toml",
        "tf2exe/launchers/interpreter/main.c",
        "tf2exe/trace/tracer/sitecustomize.py",
        "tf2exe/docs/how-to/smaller.md",
    ):
        assert expected in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
