"""Lists that a view gives whole, cut into pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.console.models import PageQuery
from notifier.console.problems import BadRequest, Wrong


def cut(whole: Mapping[str, Any], query: PageQuery) -> dict[str, Any]:
    """One page of `whole`; what stands beside its items stays. `after` counts the items before. Raises BadRequest."""
    start = 0
    if query.after is not None:
        if not query.after.isdecimal() or len(query.after) > 9:
            wrong = Wrong("query.after", "it is no `next` of this list", "Send the `next` of the page before.")
            raise BadRequest(400, "The query is not as it must be.", [wrong])
        start = int(query.after)
    items = whole["items"]
    end = start + query.limit
    return {**whole, "items": items[start:end], "next": str(end) if end < len(items) else None}
