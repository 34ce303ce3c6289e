"""Real executables in an almost empty root file system, and in an older distribution.

A root has the executable, the system files that `tf2exe inspect` lists, and a photograph. It is read-only
except for one folder, and belongs to another user. The tests are skipped where mounts are not allowed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from executables import ProgramResult
from namespaces import unshare_command
from tf2exe.compile import compilers
from tf2exe.native import elf, shared_libraries
from tf2exe.report.inspect import inspect_executable
from tf2exe.report.open_executable import open_executable

if TYPE_CHECKING:
    from executables import Builder, Executable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="roots, mounts and glibc")

PHOTO = Path(__file__).resolve().parents[2] / "assets" / "samples" / "coffee.png"
NOBODY = 65534
OLDER = "bullseye"
OLDER_GLIBC = (2, 31)

MOUNT = """
set -e
{ mount --bind "$1" "$1" && mount --bind "$2" "$1/app" && mount --bind "$3" "$1/writable" &&
  mount --bind /dev/urandom "$1/dev/urandom" &&
  mount -o remount,bind,ro "$1" && mount -o remount,bind,ro "$1/app"; } || exit 99
root="$1"; user="$4"; temporary="$5"; shift 5
chroot=$(command -v chroot)
exec env -i HOME=/nowhere TMPDIR="$temporary" TF2EXE_CACHE_DIR=/writable "$chroot" $user "$root" "$@"
"""
"""Mounts are visible only to this process and its children."""


def run_in(
    root: Path, built: Executable, writable: Path, *arguments: str, temporary: str = "/writable"
) -> ProgramResult:
    """Runs an executable in a root, as a user who owns nothing there except `writable`."""
    is_root = os.geteuid() == 0
    ours = unshare_command("--mount") if is_root else unshare_command()
    user = f"--userspec={NOBODY}:{NOBODY}" if is_root else ""
    writable.mkdir(exist_ok=True)
    writable.chmod(0o700)
    if is_root:
        os.chown(writable, NOBODY, NOBODY)
    places = [root, built.program.parent, writable]
    program = f"/app/{built.program.name}"
    done = subprocess.run(
        [*ours, "sh", "-c", MOUNT, "sh", *map(str, places), user, temporary, program, *arguments],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        timeout=600,
        check=False,
        cwd="/",
    )
    return ProgramResult(done.returncode, done.stdout, done.stderr)


def make_mount_points(root: Path) -> None:
    """Creates the mount points and copies the photograph."""
    for name in ("app", "writable", "dev"):
        (root / name).mkdir(exist_ok=True)
    (root / "dev" / "urandom").touch()  # without it, TensorFlow ends the process
    shutil.copyfile(PHOTO, root / "coffee.png")
    (root / "coffee.png").chmod(0o644)
    root.chmod(0o755)


def fill_empty_root(root: Path, built: Executable) -> None:
    """Fills a root with the files that `inspect` lists, and no others."""
    make_mount_points(root)
    found = inspect_executable(built.program)
    assert found.missing == ()
    here = {path.name: path for path in shared_libraries.find_host_libraries()}
    places = {here[library.name] for library in found.libraries} | {Path(found.loader)}
    for source in places:
        place = root / source.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
        place.chmod(0o755)


def fill_older_root(root: Path) -> None:
    """Fills a root with the programs and libraries of Debian 11, which are not configured."""
    debootstrap = shutil.which("debootstrap") or pytest.skip("debootstrap is not installed")
    if os.geteuid() != 0:
        pytest.skip("only root can install an older Debian")
    command = [debootstrap, "--foreign", "--variant=minbase", OLDER, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        pytest.skip(f"debootstrap failed: {(done.stdout + done.stderr).strip()[-300:]}")
    make_mount_points(root)


@pytest.fixture(params=["standalone", "onefile"])
def small(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    return builder.program("import_inside_function", "--sample", "", mode=request.param)


PRODUCTS = ("threads=dot", "forked=dot", "method=__matmul__")


@pytest.fixture
def matrices(builder: Builder) -> Executable:
    """A program whose sample does not load OpenBLAS."""
    options = ("--sample", "sorted", "--runtime", "litert")
    return builder.program("linear_algebra_by_name", *options, mode="standalone")


@pytest.fixture
def multiplied(builder: Builder, matrices: Executable) -> ProgramResult:
    return builder.python("run.py", *PRODUCTS, cwd=matrices.source)


@pytest.fixture
def classified(builder: Builder, tmp_path: Path) -> ProgramResult:
    shutil.copyfile(PHOTO, tmp_path / "coffee.png")
    return builder.python("-m", "image_classifier", "coffee.png", cwd=tmp_path)


@pytest.fixture
def summed(builder: Builder, small: Executable) -> ProgramResult:
    return builder.python("run.py", "checksum", "hi", cwd=small.source)


class TestEmptyRoot:
    """There is no Python, /proc, /etc, home, shell or other library; of /dev, there is only urandom."""

    @pytest.mark.promise("systems", "Executables run on a read-only system with nothing but glibc.")
    def test_small_program_runs_in_an_empty_root(
        self, small: Executable, summed: ProgramResult, tmp_path: Path
    ) -> None:
        root = tmp_path / "root"
        root.mkdir()
        fill_empty_root(root, small)
        for _ in range(2):  # the cold start of a onefile unpacks
            assert run_in(root, small, tmp_path / "w", "checksum", "hi") == summed

    @pytest.mark.promise("systems", "Executables run on a read-only system with nothing but glibc.")
    def test_classifier_runs_in_an_empty_root(
        self, classifier: Executable, classified: ProgramResult, tmp_path: Path
    ) -> None:
        root = tmp_path / "root"
        root.mkdir()
        fill_empty_root(root, classifier)
        assert run_in(root, classifier, tmp_path / "w", "/coffee.png") == classified

    def test_openblas_is_loaded_at_the_first_product(
        self, matrices: Executable, multiplied: ProgramResult, tmp_path: Path
    ) -> None:
        root = tmp_path / "root"
        root.mkdir()
        fill_empty_root(root, matrices)
        assert run_in(root, matrices, tmp_path / "w", *PRODUCTS) == multiplied

    @pytest.mark.promise("systems", "Executables run on a read-only system with nothing but glibc.")
    def test_missing_temporary_folder_is_one_line(self, builder: Builder, tmp_path: Path) -> None:
        """TensorFlow needs a temporary folder when it is imported."""
        root, built = tmp_path / "root", builder.classifier("standalone")
        root.mkdir()
        fill_empty_root(root, built)
        answer = run_in(root, built, tmp_path / "w", "/coffee.png", temporary="")
        assert (answer.exit_code, answer.stdout) == (4, b"")
        assert answer.stderr.count(b"\n") == 1
        assert b"set TMPDIR to a folder that you can write to" in answer.stderr

    @pytest.mark.promise("systems", "`tf2exe inspect` lists every system library that is needed.")
    @pytest.mark.parametrize("gone", ["libc.so.6", "libpthread.so.0"])
    def test_root_has_only_required_libraries(self, small: Executable, tmp_path: Path, gone: str) -> None:
        """Without a library that `inspect` lists, the executable does not start, so the root has no other."""
        root = tmp_path / "root"
        root.mkdir()
        fill_empty_root(root, small)
        next(root.rglob(gone)).unlink()
        answer = run_in(root, small, tmp_path / "w", "checksum", "hi")
        assert answer.exit_code == 127
        assert gone.encode() in answer.stderr


class TestOlderDistribution:
    """Debian 11 has glibc 2.31. The build machine may be years newer."""

    @pytest.fixture
    def older(self, builder: Builder) -> Path:
        return builder.cache.get_or_make(f"root of {OLDER}", fill_older_root)

    @pytest.mark.promise("systems", "Output is the same on Debian 11 (glibc 2.31).")
    def test_small_program_runs_on_debian_11(
        self, older: Path, small: Executable, summed: ProgramResult, tmp_path: Path
    ) -> None:
        skip_if_too_new(small)
        assert run_in(older, small, tmp_path / "w", "checksum", "hi") == summed

    @pytest.mark.promise("systems", "Output is the same on Debian 11 (glibc 2.31).")
    def test_classifier_runs_on_debian_11(
        self, older: Path, classifier: Executable, classified: ProgramResult, tmp_path: Path
    ) -> None:
        skip_if_too_new(classifier)
        assert run_in(older, classifier, tmp_path / "w", "/coffee.png") == classified

    @pytest.mark.promise("systems", "Output is the same on Debian 11 (glibc 2.31).")
    def test_openblas_is_loaded_at_the_first_product(
        self, older: Path, matrices: Executable, multiplied: ProgramResult, tmp_path: Path
    ) -> None:
        skip_if_too_new(matrices)
        assert run_in(older, matrices, tmp_path / "w", *PRODUCTS) == multiplied

    @pytest.mark.promise("systems", "Output is the same on Debian 11 (glibc 2.31).")
    def test_functions_that_newer_glibc_changed(self, older: Path, builder: Builder, tmp_path: Path) -> None:
        """The program imports every native module and uses functions that later versions of glibc changed."""
        built = builder.program("newer_glibc", "--sample", "", mode="standalone")
        skip_if_too_new(built)
        expected = builder.python("run.py", cwd=built.source)
        assert run_in(older, built, tmp_path / "w") == expected


def skip_if_too_new(built: Executable) -> None:
    claimed = tuple(map(int, inspect_executable(built.program).minimum_version.split(".")))
    if claimed > OLDER_GLIBC:
        pytest.skip(f"the executable reports that it needs glibc {claimed[0]}.{claimed[1]}")


@pytest.mark.promise("systems", "The reported minimum glibc has every required symbol; an older one has not.")
def test_reported_glibc_has_every_required_symbol(classifier: Executable, tmp_path: Path) -> None:
    """Zig knows the symbols of each glibc. Its linker refuses others."""
    zig = compilers.find_zig() or pytest.skip("no Zig here, which knows old glibcs: pip install ziglang")
    claimed = inspect_executable(classifier.program).minimum_version
    required = versioned_symbols(classifier.program)
    assert ("memcpy", "GLIBC_2.14") in required

    def link(glibc: str) -> subprocess.CompletedProcess[str]:
        lines = [
            f".symver f{number}, {name}@{version}\n.quad f{number}\n"
            for number, (name, version) in enumerate(sorted(required))
        ]
        (tmp_path / "all.s").write_text(".data\n" + "".join(lines))
        target = ["-target", f"x86_64-linux-gnu.{glibc}", "-shared", "-Wl,-z,defs"]
        libs = ["-lpthread", "-ldl", "-lrt", "-lutil", "-lm", "-lresolv"]
        return subprocess.run(
            [str(zig), "cc", *target, "all.s", "-o", "all.so", *libs],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    done = link(claimed)
    assert done.returncode == 0, done.stderr[-3000:]
    major, minor = map(int, claimed.split("."))
    assert link(f"{major}.{minor - 1}").returncode != 0


def versioned_symbols(program: Path) -> set[tuple[str, str]]:
    """Every function of glibc that a file of the executable requires, with its version."""
    found = set()
    with open_executable(program) as opened:
        for file in opened.files:
            with file.open() as stream:
                native = elf.read_stream(stream)
            for requirement in native.versions if native else ():
                is_glibc = requirement.glibc and not requirement.library.startswith("ld-")
                found |= {(symbol.name, requirement.version) for symbol in requirement.symbols if is_glibc}
    return found
