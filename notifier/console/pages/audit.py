"""Who did what, when and from where. For administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.audited import audited
from notifier.console.pages.forms import query_text
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import shows
from notifier.console.route import Call, Flag
from notifier.model.events import EventKind
from notifier.model.rights import Right

LINES = 100


async def show(call: Call) -> web.Response:
    found = audited(call, LINES, query_text(call, "after") or None)
    names = {f"account:{one['id']}": str(one["name"]) for one in call.parts.accounts.listing()}
    zones = {str(zone["id"]): str(zone["name"]) for zone in call.parts.views.site()["zones"]}
    return page(call, "audit.html", items=[_line(item, names, zones) for item in found["items"]], next=found["next"])


STARTS = {EventKind.INCIDENT_OPENED, EventKind.INCIDENT_JOINED, EventKind.INCIDENT_UPGRADED}


def _line(item: Mapping[str, Any], names: Mapping[str, str], zones: Mapping[str, str]) -> dict[str, Any]:
    data, start = item["data"], item["kind"] in STARTS
    by = next((str(data[word]) for word in ("by", "presser", "second", "first", "author") if data.get(word)), "")
    account = f"account:{data['account']}" if data.get("account") else ""
    what = [str(data[word]) for word in ("change", "what", "how", "why") if data.get(word)]
    if data.get("roles"):
        what.append(f"roles: {', '.join(data['roles'])}")
    if start:
        what = [f"{'DRILL ' if data.get('drill') else ''}{data.get('playbook', '')}", f"by {data.get('source', '')}"]
    place = zones.get(str(data.get("zone")), "") if start else str(data.get("from") or "")
    return {
        **item, "who": names.get(by, str(data.get("name") or by) if item["kind"] == EventKind.ACTED else by),
        "whom": names.get(account, account) if account != by else "",
        "text": data.get("says") or item["text"], "what": ", ".join(what), "place": place,
    }  # fmt: skip


ROUTES = (shows("/audit", Right.ADMINISTER, "Who did what, when and from where.", show, Flag.PERSONAL),)
