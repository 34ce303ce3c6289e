"""The settings of `[tool.tf2exe]`: one definition, from which parser, command line and reference are made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["onefile", "standalone"]
Compiler = Literal["auto", "gcc", "clang", "zig", "msvc"]
Runtime = Literal["tensorflow", "litert"]
Target = Literal["machine", "linux-x86_64", "windows-x86_64"]
Precision = Literal["float32", "float16", "dynamic", "int8"]


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=_kebab, populate_by_name=True)


class SampleTable(_Table):
    """A sample with more than a command line."""

    name: str = Field("", description="How the sample is called in reports; by default its command line.")
    arguments: list[str] = Field(default_factory=list, description="The arguments, one string each.")
    stdin: str = Field("", description="A file whose bytes the application reads from standard input.")


class VersionInfo(_Table):
    """What the file's properties say (a resource on Windows, the manifest everywhere)."""

    company: str = Field("", description="Who publishes the program.")
    product: str = Field("", description="What the product is called; by default the name.")
    version: str = Field("", description="The program's version; by default `[project] version`.")
    copyright: str = Field("", description="The copyright line.")
    description: str = Field(
        "", description="One line about the program; by default `[project] description`."
    )


class VerifyTable(_Table):
    """How the executable is compared with Python."""

    mask: list[str] = Field(
        default_factory=list,
        description="Regular expressions for texts of the application that differ from run to run.",
    )
    ignore_files: list[str] = Field(
        default_factory=list,
        description="Patterns of files that the application writes and that differ from run to run.",
    )
    golden: bool = Field(
        default=False,
        description="Carry the samples with what Python answered, in `golden/`, for a self-test of the "
        "program.",
    )
    tolerance: float = Field(
        1e-5,
        ge=0,
        description="Recorded with the golden answers: how far numbers may differ on another machine.",
    )
    top_1: float | None = Field(
        None,
        ge=0,
        le=1,
        description="A converted model must give the same most probable class as the original one in this "
        "part of its predictions; by default as [the runtime](nuitka-options.md#runtimes) says.",
    )
    difference: float | None = Field(
        None,
        ge=0,
        description="How far a converted model's outputs may be from those of the original one, measured in "
        "their largest value where that is above 1; by default as [the runtime](nuitka-options.md#runtimes) "
        "says.",
    )


class LoadTable(_Table):
    """A command line that keeps the program busy; `tf2exe compare` measures images per second with it."""

    name: str = Field(description="How it is called in the comparison.")
    arguments: list[str] = Field(description="The arguments, one string each.")
    repeat: Annotated[int, Field(ge=1, description="How often the arguments that name files are given.")] = 1


class CompareTable(_Table):
    """What `tf2exe compare` measures beside the starts, for which it takes the first sample."""

    loads: list[LoadTable] = Field(
        default_factory=list, description="Command lines that keep the program busy."
    )
    reach: dict[Literal["build", "size", "first", "later", "rate"], float] = Field(
        default_factory=dict,
        description="Ratios of tf2exe's onefile to PyInstaller's tuned onefile that are wanted: seconds of "
        "the build, size, seconds of first and later starts to the first prediction, images per second.",
    )


class Settings(_Table):
    """`[tool.tf2exe]` in a `pyproject.toml`. Each key is also an option of `tf2exe build`."""

    entry: str = Field(
        "",
        description="The program: a script (`run.py`), a package with a `__main__` (`my_package`), or "
        "a function (`my_package.cli:main`).",
    )
    python_path: list[str] = Field(
        default_factory=list,
        description="Folders in which the application's modules are found, beside the script's own.",
    )
    name: str = Field("", description="How the executable is called; by default as the script or package.")
    mode: Mode = Field("onefile", description="One file, or a folder that starts without unpacking.")
    runtime: Runtime = Field(
        "tensorflow",
        description="What computes the model: full TensorFlow, or LiteRT (TensorFlow Lite), for which the "
        "Keras models and SavedModels among the data files are converted.",
    )
    target: Target = Field(
        "machine",
        description="The platform that the executable is for; by default this machine's. Linux builds for "
        "Windows, too (see `tf2exe toolchain`); the result lies in a folder of the target's name in "
        "`output-dir`.",
    )
    precision: Precision = Field(
        "float32",
        description="Of a model that is converted for LiteRT: its weights as they are, in 16 bits, or in 8 "
        "bits with activations computed in float (`dynamic`) or in 8 bits (`int8`, needs `calibration`).",
    )
    calibration: list[str] = Field(
        default_factory=list,
        description="Command lines of the application, such as `photos/*.jpg`: what it then feeds the model "
        "calibrates `int8`. Wildcards are expanded. Inputs of a sample are refused.",
    )
    output_dir: str = Field("dist", description="The folder for the executable.")
    build_dir: str = Field("build", description="The folder for logs, reports and intermediate files.")
    data: list[str] = Field(
        default_factory=list,
        description="Data files and folders, `SRC` or `SRC=DEST`; DEST is relative to the executable's "
        "folder, as SRC is to the program's. Wildcards are allowed; a DEST that ends with `/` is a folder.",
    )
    samples: list[str | SampleTable] = Field(
        default_factory=list,
        description="Command lines of the application, for tracing and for parity. Arguments that name files "
        "are copied to where the sample runs.",
    )
    include_module: list[str] = Field(
        default_factory=list,
        description="Modules that neither the source nor a sample shows (hidden imports). `{runtime}` stands "
        "for the setting of that name.",
    )
    exclude: list[str] = Field(default_factory=list, description="Modules or packages that are left out.")
    allow_missing: list[str] = Field(
        default_factory=list,
        description="Native libraries that the build may lack although something in it asks for them, such "
        "as `openvino*.dll` (Windows; elsewhere nothing of that kind is refused).",
    )
    compile: list[str] = Field(
        default_factory=list,
        description="Third-party packages that are compiled to C as well, and application modules that would "
        "travel as bytecode.",
    )
    sources: Literal["needed", "all", "none"] = Field(
        "needed",
        description="Whose source travels: of the modules that TensorFlow's AutoGraph may read, of all of "
        "the application, or of none.",
    )
    pyinstaller_compat: bool = Field(
        default=False,
        description="Set `sys.frozen` and `sys._MEIPASS` in the executable, for programs that ask for them "
        "to find their files.",
    )
    quick_exit: bool = Field(
        default=False,
        description="End the process when the program has ended, threads are done, `atexit` functions called "
        "and the streams flushed: objects that are still alive are not destroyed, so that their `__del__` is "
        "not called and a file that was left open may lack its end. Saves a tenth of a short program's time.",
    )
    console: bool = Field(
        default=True,
        description="A console window (Windows). Without one, errors go to a file, and into a message.",
    )
    sign_command: str = Field(
        "",
        description="What signs an executable (Windows): `{file}` stands for it, and `{signed}` for the "
        "result of a command that does not sign in place. Run for program, compiled module and single file.",
    )
    icon: str = Field("", description="An icon for the executable (`.ico`, Windows).")
    compiler: Compiler = Field("auto", description="The C compiler.")
    jobs: Annotated[int, Field(ge=0, description="Parallel jobs; 0: one for each processor.")] = 0
    compression_level: Annotated[
        int | None,
        Field(
            ge=1,
            le=10,
            description="Compression of the onefile: 1-9 zstd; 10 (default) also filters native code and "
            "tables before zstd, which gives the smallest file.",
        ),
    ] = None
    debug: bool = Field(default=False, description="Keep symbols and the console; Nuitka's self-checks.")
    version_info: VersionInfo = Field(
        default_factory=VersionInfo, description="Company, product, version, copyright."
    )
    verify: VerifyTable = Field(default_factory=VerifyTable, description="How parity is judged.")
    compare: CompareTable = Field(default_factory=CompareTable, description="What `tf2exe compare` measures.")

    @property
    def shows_console(self) -> bool:
        """Whether Windows opens a console: errors of a debug build must be seen."""
        return self.console or self.debug


def keys() -> dict[str, Any]:
    """Each key of `[tool.tf2exe]` as it is written, with its field."""
    return {_kebab(name): field for name, field in Settings.model_fields.items()}
