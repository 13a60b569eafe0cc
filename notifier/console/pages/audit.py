"""Who did what, when and from where. For administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages.forms import query_text
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import shows
from notifier.console.route import Call, Flag
from notifier.model.rights import Right

LINES = 100


async def show(call: Call) -> web.Response:
    found = call.parts.entrance.desk.audit(LINES, query_text(call, "after") or None)
    names = {f"account:{one['id']}": str(one["name"]) for one in call.parts.accounts.listing()}
    return page(call, "audit.html", items=[_line(item, names) for item in found["items"]], next=found["next"])


def _line(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    data = item["data"]
    by = next((str(data[word]) for word in ("by", "presser", "second", "first", "author") if data.get(word)), "")
    account = f"account:{data['account']}" if data.get("account") else ""
    return {
        **item, "who": names.get(by, by), "whom": names.get(account, account) if account != by else "",
        "what": ", ".join(str(data[word]) for word in ("change", "what", "how", "why") if data.get(word)),
        "place": str(data.get("from") or ""),
    }  # fmt: skip


ROUTES = (shows("/audit", Right.ADMINISTER, "Who did what, when and from where.", show, Flag.PERSONAL),)
