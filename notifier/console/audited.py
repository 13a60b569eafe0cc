"""The audit as one person is shown it: what they were made to decide stands in it as if it had been decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.console.route import Call


def audited(call: Call, limit: int, after: str | None) -> Mapping[str, Any]:
    """A page of it, newest first; `after` is the `next` of the page before."""
    found = call.parts.entrance.desk.audit(limit, after)
    items = found["items"]
    newest = str(items[0]["wall"]) if after and items else None
    oldest = str(items[-1]["wall"]) if found["next"] else ""
    between = [
        one
        for one in call.parts.views.as_if()
        if str(one["wall"]) >= oldest and (newest is None or str(one["wall"]) < newest)
    ]
    if not between:
        return found
    return {**found, "items": sorted([*items, *between], key=lambda one: str(one["wall"]), reverse=True)}
