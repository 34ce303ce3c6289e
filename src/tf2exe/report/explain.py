"""Why something is in a build: from the build's `plan.json`."""

from __future__ import annotations

from typing import Any

from tf2exe.knowledge.glob import matches

MOST_FILES = 20

TREATMENTS = {
    "settled": "local symbols",
    "ahead": "preloaded while the interpreter starts",
}


def explain(what: str, plan: dict[str, Any], report: dict[str, Any]) -> list[str]:
    """Every reason that the plan gives for a module, package, file, option or setting.

    Args:
        what: a name, a path inside the build, or an option with or without its value.
        plan: the content of `plan.json`.
        report: the content of `report.json`, or nothing.

    Returns:
        One line for each reason; empty: the plan does not have the name.
    """
    answers = [
        *_modules(what, plan),
        *_options(what, plan),
        *_settings(what, report),
        *_distributions(what, plan),
        *_files(what, plan),
        *_changed(what, plan),
        *_left_out(what, plan),
        *_unneeded(what, plan),
    ]
    return answers or _absent(what, plan)


def _modules(what: str, plan: dict[str, Any]) -> list[str]:
    return [f"{m['name']}: {m['reason']}" for m in plan["modules"] if m["name"] == what]


def _options(what: str, plan: dict[str, Any]) -> list[str]:
    return [
        f"{o['option']}: {o['reason']} ({o['origin']})"
        for o in plan["options"]
        if what in (o["option"], o["option"].partition("=")[0], o["option"].lstrip("-").partition("=")[0])
    ]


def _settings(what: str, report: dict[str, Any]) -> list[str]:
    key = what.lstrip("-")
    return [
        f"{s['key']} = {s['value']}: {s['origin']}" for s in report.get("settings", ()) if s["key"] == key
    ]


def _distributions(what: str, plan: dict[str, Any]) -> list[str]:
    found = []
    for chosen in plan["distributions"]:
        if what.lower().replace("_", "-") == chosen["name"]:
            files = [f for f in plan["files"] if f["from"] == chosen["name"]]
            size = sum(f["size"] for f in files) / 1e6
            found.append(
                f"{chosen['name']} {chosen['version']}: bundled, {len(files):,} files, {size:,.1f} MB: "
                f"{chosen['reason']}"
            )
    return found


def _files(what: str, plan: dict[str, Any]) -> list[str]:
    as_path = what.replace(".", "/")
    endings = (f"/{what}", f"/{as_path}.py", f"/{as_path}/__init__.py")
    found = [
        f"{f['path']}: bundled ({f['how']}, {f['size']:,} bytes) with {f['from']}: {f['reason']}"
        for f in plan["files"]
        if f["path"] == what or f["path"].endswith(endings)
    ]
    found += [
        f"{item['path']}: {done}: {item['reason']} ({item['origin']})"
        for key, done in TREATMENTS.items()
        for item in plan.get(key, ())
        if item["path"] == what or item["path"].endswith(endings)
    ]
    found += [f"{f['path']}: {f['reason']}" for f in plan["data"] if what in (f["path"], f["source"])]
    found += [f"{x['path']}: {x['reason']}" for x in plan["libraries"] if what in (x["name"], x["path"])]
    found += [
        f"{x['name']}: not found on the build machine; required by {x['asked_by']}"
        for x in plan["missing_libraries"]
        if x["name"] == what
    ]
    return found[:MOST_FILES]


def _left_out(what: str, plan: dict[str, Any]) -> list[str]:
    path = what.removeprefix("lib/packages/").removeprefix("lib/python/")
    candidates = (path, f"{path.replace('.', '/')}.py", f"{path.replace('.', '/')}/__init__.py")
    return [
        f"{what}: excluded from {item['owner']} by '{item['pattern']}' "
        f"({item['files']:,} files, {item['size'] / 1e6:.1f} MB): {item['reason']} ({item['origin']})"
        for item in plan["left_out"]
        if item["pattern"] == what
        or any(matches(item["pattern"], candidate) for candidate in candidates)
        or _is_name(what, item["pattern"])
    ]


def _is_name(what: str, pattern: str) -> bool:
    """Whether a pattern matches files of this name in any folder."""
    name = pattern.rpartition("/")[2]
    return not name.startswith("*") and matches(name, what)


def _changed(what: str, plan: dict[str, Any]) -> list[str]:
    path = what.removeprefix("lib/packages/").removeprefix("lib/python/")
    return [
        f"{item['file']}: bundled with a patch: {item['reason']} ({item['origin']})"
        for item in plan["replacements"]
        if item["file"] in (path, f"{path.replace('.', '/')}.py")
    ]


def _unneeded(what: str, plan: dict[str, Any]) -> list[str]:
    name = what.lower().replace("_", "-")
    return [
        f"{item['name']}: not bundled although it is a declared requirement: {item['reason']} "
        f"({item['origin']})"
        for item in plan["unneeded"]
        if item["name"] == name
    ]


def _absent(what: str, plan: dict[str, Any]) -> list[str]:
    why, remedy = plan["absent"].get(what.partition(".")[0], ("", ""))
    return [f"{what}: not bundled: {why}; {remedy}{what}"] if why else []
