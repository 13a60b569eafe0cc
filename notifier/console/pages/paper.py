"""What works when nothing else does, for a printer: call list, words for 911, and what to do without any of this."""

from __future__ import annotations

from aiohttp import web

from notifier.console.pages.rendering import html, page, zone_of
from notifier.console.pages.sign_in import shows
from notifier.console.route import Call, Flag
from notifier.model.people import OUTSIDE_ROLES
from notifier.model.rights import Right

CALLED = ("principal", "district", "office", "nurse", *sorted(OUTSIDE_ROLES - {"guardian", "district"}))
"""Roles whose people stand on the call list, in this order."""


async def choose(call: Call) -> web.Response:
    return page(call, "paper.html", may_cards=call.caller.may(Right.TECHNICIAN) or call.caller.may(Right.ADMINISTER))


async def sheet(call: Call) -> web.Response:
    """Numbers stand in it in full: it is of no use otherwise. That somebody printed it is written down."""
    site = call.parts.views.site()
    books = {one["action"]: one["title"] for one in call.parts.views.state("playbooks")["items"]}
    return html(
        "paper_sheet.html", site=site, zone=zone_of(site), people=await _call_list(call), books=books,
        printed=call.parts.clock.wall().isoformat(), by=call.caller.name,
    )  # fmt: skip


async def _call_list(call: Call) -> list[dict[str, str]]:
    found = []
    for one in call.parts.views.state("call_list")["items"]:
        roles = [role for role in CALLED if role in one["roles"]]
        if roles:
            found.append({**one, "what": ", ".join(roles), "rank": f"{CALLED.index(roles[0]):02d}"})
    return sorted(found, key=lambda one: (one["rank"], one["name"]))


ROUTES = (
    shows("/print", Right.VIEW, "What can be printed for a day without computers.", choose),
    shows("/print/sheet", Right.OPERATE, "Call list, words for 911, what to do: for a printer.", sheet, Flag.PERSONAL),
)
