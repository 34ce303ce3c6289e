"""The settings of `[tool.tf2exe]`: one definition for parser, command line and reference."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["onefile", "standalone"]
Compiler = Literal["auto", "gcc", "clang", "zig", "msvc"]
Runtime = Literal["tensorflow", "litert"]
Target = Literal["machine", "linux-x86_64", "linux-aarch64", "windows-x86_64"]
Precision = Literal["float32", "float16", "dynamic", "int8"]


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=_kebab, populate_by_name=True)


class SampleTable(_Table):
    """A sample that is more than a command line."""

    name: str = Field("", description="Name of the sample in reports (default: its command line).")
    arguments: list[str] = Field(default_factory=list, description="The arguments, one string each.")
    stdin: str = Field("", description="A file whose content the application reads from standard input.")


class VersionInfo(_Table):
    """The file's properties (a resource on Windows, the manifest everywhere)."""

    company: str = Field("", description="The publisher of the program.")
    product: str = Field("", description="Name of the product (default: the name of the executable).")
    version: str = Field("", description="Version of the program (default: `[project] version`).")
    copyright: str = Field("", description="The copyright line.")
    description: str = Field("", description="One line about the program (default: `[project] description`).")


class VerifyTable(_Table):
    """How the executable is compared with Python."""

    mask: list[str] = Field(
        default_factory=list,
        description="Regular expressions for text to ignore, because it differs from run to run.",
    )
    ignore_files: list[str] = Field(
        default_factory=list,
        description="Patterns of files to ignore that the application writes, because they differ from run "
        "to run.",
    )
    golden: bool = Field(
        default=False,
        description="Bundle the samples and Python's output in `golden/`, for a self-test of the program.",
    )
    tolerance: float = Field(
        1e-5,
        ge=0,
        description="Recorded with the golden output: how far numbers may differ on another machine.",
    )
    top_1: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Part of the predictions for which a converted model must give the same top-1 class as "
        "the original (default: that of [the runtime](nuitka-options.md#runtimes)).",
    )
    difference: float | None = Field(
        None,
        ge=0,
        description="Largest allowed difference between the outputs of a converted model and of the "
        "original, relative to their largest value where that is above 1 (default: that of [the "
        "runtime](nuitka-options.md#runtimes)).",
    )


class LoadTable(_Table):
    """A command line for a throughput run; `tf2exe compare` measures images per second with it."""

    name: str = Field(description="Name of the load in the comparison.")
    arguments: list[str] = Field(description="The arguments, one string each.")
    repeat: Annotated[
        int, Field(ge=1, description="How often the arguments that name files are repeated.")
    ] = 1


class CompareTable(_Table):
    """What `tf2exe compare` measures beside starts, which use the first sample."""

    loads: list[LoadTable] = Field(default_factory=list, description="Command lines for throughput runs.")
    reach: dict[Literal["build", "size", "cold", "warm", "rate"], float] = Field(
        default_factory=dict,
        description="Target ratios of tf2exe's onefile to PyInstaller's tuned onefile: build time, size, "
        "time of cold and warm starts to the first prediction, images per second (`rate`).",
    )


class Settings(_Table):
    """`[tool.tf2exe]` in a `pyproject.toml`. Each key is also an option of `tf2exe build`."""

    entry: str = Field(
        "",
        description="The program: a script (`run.py`), a package with a `__main__` (`my_package`), or a "
        "function (`my_package.cli:main`).",
    )
    python_path: list[str] = Field(
        default_factory=list,
        description="Folders to search for the application's modules, beside the script's own.",
    )
    name: str = Field("", description="Name of the executable (default: name of the script or package).")
    mode: Mode = Field(
        "onefile",
        description="`onefile`: one file that unpacks at its first start; `standalone`: a folder that starts "
        "as it is.",
    )
    runtime: Runtime = Field(
        "tensorflow",
        description="Inference runtime. `litert` (TensorFlow Lite) converts Keras models and SavedModels "
        "given by `data`.",
    )
    target: Target = Field(
        "machine",
        description="Platform of the executable (default: this machine's). Linux can also build for Windows "
        "(see `tf2exe toolchain`); the result is in a folder named after the target in "
        "`output-dir`.",
    )
    precision: Precision = Field(
        "float32",
        description="LiteRT quantization: float32 (none), float16, dynamic-range (8-bit weights), or full "
        "int8 (requires `calibration`).",
    )
    calibration: list[str] = Field(
        default_factory=list,
        description="Command lines such as `photos/*.jpg`: the inputs that they lead to are the "
        "representative dataset for int8. Wildcards are expanded. Must not overlap with inputs "
        "of `samples`.",
    )
    output_dir: str = Field("dist", description="Folder for the executable.")
    build_dir: str = Field("build", description="Folder for logs, reports and intermediate files.")
    data: list[str] = Field(
        default_factory=list,
        description="Data files and folders to bundle, `SRC` or `SRC=DEST`. DEST is relative to the "
        "executable's folder, as SRC is to the program's. Wildcards are allowed; a DEST that "
        "ends with `/` is a folder.",
    )
    samples: list[str | SampleTable] = Field(
        default_factory=list,
        description="Example arguments; tf2exe runs your program with them to detect imports and to compare "
        "the executable with Python. Files that they name are copied to the folder in which the "
        "sample runs.",
    )
    include_module: list[str] = Field(
        default_factory=list,
        description="Extra modules to bundle (hidden imports). `{runtime}` is replaced by the setting of "
        "that name.",
    )
    exclude: list[str] = Field(
        default_factory=list,
        description="Modules or packages to leave out; `numpy.linalg` leaves out the library behind it.",
    )
    allow_missing: list[str] = Field(
        default_factory=list,
        description="Missing native libraries to tolerate, such as `openvino*.dll` (Windows; elsewhere a "
        "missing library is never an error).",
    )
    compile: list[str] = Field(
        default_factory=list,
        description="Third-party packages to compile to C as well, and application modules that would "
        "otherwise be bundled as bytecode.",
    )
    sources: Literal["needed", "all", "none"] = Field(
        "needed",
        description="Which .py sources are bundled: only those that TensorFlow's AutoGraph may need, all "
        "application modules, or none.",
    )
    pyinstaller_compat: bool = Field(
        default=False,
        description="Set `sys.frozen` and `sys._MEIPASS` in the executable, for programs that use them to "
        "find their files.",
    )
    quick_exit: bool = Field(
        default=False,
        description="Skip interpreter shutdown (after threads, `atexit` handlers and flushing); `__del__` of "
        "objects that are still alive is not called, so a file left open may be incomplete. "
        "Saves a tenth of a short program's time.",
    )
    console: bool = Field(
        default=True,
        description="Show a console window (Windows). With `--no-console`, errors go to a log file and a "
        "message box.",
    )
    sign_command: str = Field(
        "",
        description="Code-signing command (Windows). `{file}` is replaced by the file to sign, `{signed}` by "
        "the result of a command that does not sign in place. Runs for program, compiled module "
        "and onefile.",
    )
    icon: str = Field("", description="Icon of the executable (`.ico`, Windows).")
    compiler: Compiler = Field("auto", description="The C compiler.")
    jobs: Annotated[int, Field(ge=0, description="Parallel jobs (0: one per CPU).")] = 0
    compression_level: Annotated[
        int | None,
        Field(
            ge=1,
            le=10,
            description="Compression of the onefile: 1-9 zstd; 10 (default) also filters native code and "
            "tables before zstd, which gives the smallest file.",
        ),
    ] = None
    debug: bool = Field(
        default=False, description="Keep debug symbols and the console, and enable Nuitka's self-checks."
    )
    version_info: VersionInfo = Field(
        default_factory=VersionInfo, description="Company, product, version, copyright."
    )
    verify: VerifyTable = Field(
        default_factory=VerifyTable, description="How the executable is compared with Python."
    )
    compare: CompareTable = Field(default_factory=CompareTable, description="What `tf2exe compare` measures.")

    @property
    def shows_console(self) -> bool:
        """Whether Windows opens a console: errors of a debug build must be visible."""
        return self.console or self.debug


def setting_fields() -> dict[str, Any]:
    """Each key of `[tool.tf2exe]` as it is spelled there, with its field."""
    return {_kebab(name): field for name, field in Settings.model_fields.items()}
