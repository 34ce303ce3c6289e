"""Stage *config*: read settings, and find the application's files."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tf2exe import layout
from tf2exe.config import settings as definitions
from tf2exe.config.application import Application, Entry, Origin
from tf2exe.config.data_files import find_data_files
from tf2exe.config.samples import read_sample
from tf2exe.config.settings import CompareTable, SampleTable, Settings, VerifyTable, VersionInfo
from tf2exe.config.target import target_named
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

TABLES: dict[str, type[BaseModel]] = {
    "compare": CompareTable,
    "samples": SampleTable,
    "verify": VerifyTable,
    "version-info": VersionInfo,
}
PATH_KEYS = ("build-dir", "data", "icon", "output-dir", "python-path")
"""Settings with paths. On the command line these are relative to the current folder."""


def load_application(config: Path | None, given: dict[str, Any], folder: Path) -> Application:
    """Reads `[tool.tf2exe]` and the settings of the command line, and finds the files that they name.

    Args:
        config: a `pyproject.toml`, or None for the one in ``folder``, if there is one.
        given: settings of the command line, by key.
        folder: the current folder.

    Raises:
        ConfigurationError: a key is unknown, a value is wrong, or a file is missing.
    """
    path = config or folder / "pyproject.toml"
    if config is not None and not path.is_file():
        raise ConfigurationError(f"no configuration at {path}", "there is no such file", "check --config")
    document = _read(path) if path.is_file() else {}
    table = _read_table(document, path)
    if "entry" in given and config is None and given["entry"] != table.get("entry"):
        table = {}  # the file in this folder describes another program
    project = path.parent.resolve() if table else folder.resolve()
    _validate(table, path)  # before the command line adds to it
    merged = _merge(_defaults(document, table), table, given, folder, project)
    settings = _validate(_expand_runtime(merged), path)
    return _make_application(settings, project, _origins(settings, table, given, path))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}", str(error), "correct the file") from error


def _read_table(document: dict[str, Any], path: Path) -> dict[str, Any]:
    tool = document.get("tool", {})
    table = tool.get("tf2exe", {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise ConfigurationError(
            f"[tool.tf2exe] of {path} is not a table", f"it is {table!r}", "correct the file"
        )
    known = definitions.setting_fields()
    for key in table:
        if key not in known:
            raise _unknown_key(key, known, f"[tool.tf2exe] of {path}")
    return table


def _unknown_key(key: str, known: Iterable[str], table: str) -> ConfigurationError:
    near = difflib.get_close_matches(key, known, n=1)
    remedy = f"did you mean '{near[0]}'?" if near else f"the keys are {', '.join(known)}"
    return ConfigurationError(f"unknown key '{key}' in {table}", "no such setting", remedy)


def _defaults(document: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """Settings that `[project]` has."""
    if not table:
        return {}
    project = document.get("project", {})
    info = {key: project[key] for key in ("version", "description") if isinstance(project.get(key), str)}
    return {"version-info": info} if info else {}


def _merge(
    defaults: dict[str, Any], table: dict[str, Any], given: dict[str, Any], folder: Path, project: Path
) -> dict[str, Any]:
    """Merges settings: lists of the command line extend those of the file, other values replace them."""
    merged = {**defaults, **table}
    if "version-info" in defaults and "version-info" in table:
        merged["version-info"] = {**defaults["version-info"], **table["version-info"]}
    for key, value in given.items():
        if key == "version-info":
            merged[key] = {**merged.get(key, {}), **value}
        elif isinstance(value, list):
            texts = [_rebase(text, folder, project) for text in value] if key in PATH_KEYS else value
            merged[key] = [*merged.get(key, []), *texts]
        else:
            merged[key] = _rebase(value, folder, project) if key in PATH_KEYS else value
    return merged


def _rebase(text: str, folder: Path, project: Path) -> str:
    """A path relative to the current folder, as one that is relative to the project."""
    if folder.resolve() == project:
        return text
    source, separator, destination = text.partition("=")
    return f"{folder.resolve() / source}{separator}{destination}"


def _expand_runtime(merged: dict[str, Any]) -> dict[str, Any]:
    """Replaces `{runtime}` in the names of modules."""
    names = merged.get("include-module", ())
    runtime = str(merged.get("runtime", Settings.model_fields["runtime"].default))
    named = [name.replace("{runtime}", runtime) for name in names]
    return {**merged, "include-module": named} if named else merged


def _validate(merged: dict[str, Any], path: Path) -> Settings:
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = next((e for e in error.errors() if e["type"] == "extra_forbidden"), error.errors()[0])
        if first["type"] == "extra_forbidden":
            table = str(first["loc"][0])
            key = str(first["loc"][-1])
            raise _unknown_key(key, TABLES[table].model_fields, f"'{table}' of {path}") from error
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"wrong value for '{where}'", first["msg"], f"correct it in {path} or on the command line"
        ) from error


def _origins(
    settings: Settings, table: dict[str, Any], given: dict[str, Any], path: Path
) -> tuple[Origin, ...]:
    values = settings.model_dump(by_alias=True, mode="json")

    def origin(key: str) -> str:
        sources = [path.name] if key in table else []
        sources += ["command line"] if key in given else []
        return " and ".join(sources) or "default"

    return tuple(Origin(key, str(value), origin(key)) for key, value in values.items())


def _make_application(settings: Settings, project: Path, origins: tuple[Origin, ...]) -> Application:
    if not settings.entry:
        raise ConfigurationError(
            "nothing to build",
            "no entry is given",
            "give the script (`tf2exe build run.py`) or set `entry` in [tool.tf2exe]",
        )
    roots = tuple((project / root).resolve() for root in settings.python_path)
    for root in roots:
        if not root.is_dir():
            raise ConfigurationError(f"no folder {root}", "python-path names it", "correct python-path")
    entry, roots = _find_entry(settings.entry, project, roots)
    name = settings.name or _default_name(entry)
    if Path(name).name != name or not name.strip(".") or name == "lib":
        raise ConfigurationError(
            f"'{name}' cannot be the executable's name",
            "it has path separators, or is the name of the library folder",
            "choose another --name",
        )
    target = target_named(settings.target)
    taken = ("lib", target.executable_name(name), *([layout.GOLDEN] if settings.verify.golden else []))
    base = Path(entry.source).parent if entry.kind == "script" and entry.source else project
    return Application(
        name=name,
        project=project,
        entry=entry,
        roots=roots,
        data=find_data_files(settings.data, project, base, taken),
        samples=tuple(read_sample(sample, project) for sample in settings.samples),
        settings=settings,
        origins=origins,
        target=target,
        output=(project / settings.output_dir).resolve(),
        build=(project / settings.build_dir / name).resolve(),
    )


def _default_name(entry: Entry) -> str:
    if entry.kind == "script":
        return Path(entry.target).stem
    return entry.target.partition(":")[0].partition(".")[0]


def _find_entry(text: str, project: Path, roots: tuple[Path, ...]) -> tuple[Entry, tuple[Path, ...]]:
    script = (project / text).resolve()
    if script.is_file():
        return Entry("script", str(script), script), (script.parent, *roots)
    roots = roots or (project,)
    module, colon, function = text.partition(":")
    if all(part.isidentifier() for part in module.split(".")) and not text.endswith(".py"):
        for root in roots:
            folder = root.joinpath(*module.split("."))
            if colon and function.isidentifier() and (folder.is_dir() or folder.with_suffix(".py").is_file()):
                return Entry("function", text, None), roots
            if not colon and (folder / "__main__.py").is_file():
                return Entry("package", text, folder / "__main__.py"), roots
    folders = ", ".join(map(str, roots))
    raise ConfigurationError(
        f"no program '{text}'",
        f"it is neither a script below {project} nor a package with a __main__ in {folders}",
        "check the path, or set python-path",
    )
