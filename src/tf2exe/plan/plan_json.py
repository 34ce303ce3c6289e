"""The plan as versioned JSON, for `tf2exe explain` and for comparing builds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tf2exe import knowledge

if TYPE_CHECKING:
    from tf2exe.plan.stage import BuildPlan


def as_json(plan: BuildPlan) -> str:
    """The plan as versioned JSON."""
    document = {
        "format": 1,
        "modules": [
            {
                "name": fate.module.name,
                "source": str(fate.module.path),
                "how": fate.how,
                "source_travels": fate.with_source,
                "reason": fate.reason,
            }
            for fate in plan.fates
        ],
        "options": [{"option": o.flag, "reason": o.reason, "origin": o.origin} for o in plan.options],
        "distributions": [
            {"name": d.name, "version": d.version, "reason": d.reason} for d in plan.distributions
        ],
        "files": [
            {"path": c.destination, "from": c.owner, "size": c.size, "how": c.how, "reason": c.reason}
            for c in plan.carried
        ],
        "left_out": [
            {
                "owner": item.owner,
                "pattern": item.rule.pattern,
                "files": item.files,
                "size": item.size,
                "reason": item.rule.reason,
                "origin": item.rule.origin,
            }
            for item in plan.left_out
        ],
        **{
            key: [{"path": x.destination, "reason": x.rule.reason, "origin": x.rule.origin} for x in chosen]
            for key, chosen in (
                ("settled", plan.settled),
                ("ahead", plan.ahead),
            )
        },
        "libraries": [{"name": x.name, "path": x.place, "reason": x.reason} for x in plan.libraries],
        "missing_libraries": [{"name": name, "asked_by": who} for name, who in plan.missing_libraries],
        "data": [{"path": f.destination, "source": str(f.source), "reason": f.reason} for f in plan.data],
        "unwanted": list(plan.unwanted),
        "absent": {absent.module: [absent.why, absent.remedy] for absent in plan.absent},
        "replacements": [
            {"file": r.file, "reason": r.reason, "origin": r.origin}
            for package in knowledge.packages()
            for r in package.replacements
        ],
        "unneeded": [
            {"name": u.name, "reason": u.reason, "origin": u.origin}
            for chosen in plan.distributions
            for package in knowledge.about(chosen.name)
            for u in package.unneeded
        ],
    }
    return json.dumps(document, indent=1)
