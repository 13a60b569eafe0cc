"""The start after signing in: whether anything is going on, how ready the school is, and the way to each page."""

from __future__ import annotations

from aiohttp import web

from notifier.console.pages._proposed import waiting
from notifier.console.pages.forms import see
from notifier.console.pages.rendering import fragment, incidents_now, page, unheard_now
from notifier.console.parts import SettingUp
from notifier.console.route import Call, Flag, Route
from notifier.model.rights import Right

PRESS = "/press"
OFFERED = (
    ("/press", "Start a response", "The live press page. It starts nothing by being opened."),
    ("/board", "Board", "What is going on, and who has what."),
    ("/drill/press", "Start a drill", "Messages say DRILL; doors stay as they are."),
    ("/drills", "Drills", "Plan them, and see how they went."),
    ("/readiness", "Readiness", "What would be missing if somebody pressed now."),
    ("/playbooks", "Playbooks", "What happens at each press, and to whom."),
    ("/people", "People", "Who is told, and by what."),
    ("/site", "Site", "Zones, rooms, doors, speakers."),
    ("/enrol", "Enrol a screen", "A tablet or computer that starts a response without signing in."),
    ("/print", "On paper", "What works if everything is down."),
    ("/accounts", "Accounts", "Who may come in, and what they may do."),
    ("/audit", "Audit", "Who did what, when and from where."),
    ("/system", "System", "Record, backup, clock, certificate."),
    ("/first-hour", "The first hour", "The questions that set this school up."),
    ("/about", "About", "What this is, and whose words it uses."),
)
"""A page is offered once its route is there and the caller may open it."""


async def start(call: Call) -> web.Response:
    """Whoever may only press is at the press page; a school that is not set up is at its first question."""
    parts = call.parts
    if call.caller.may(Right.PUBLISH, parts.site) and waits(parts.setting_up):
        return see("/first-hour")
    if not call.caller.may(Right.VIEW, parts.site):
        return see(PRESS)
    paths = {route.path: route for route in call.routes if route.method == "GET"}
    offered = [
        {"path": path, "title": title, "text": text}
        for path, title, text in OFFERED
        if path in paths and paths[path].allows(call.caller, parts.site)
        and not (path == "/first-hour" and not (parts.setting_up and parts.setting_up.begun()))
    ]  # fmt: skip
    gaps, health = len(parts.views.state("readiness")["items"]), parts.views.health()
    return page(call, "start.html", offered=offered, gaps=gaps, health=health, proposals=waiting(call))


def waits(setting_up: SettingUp | None) -> bool:
    """Whether this node began in an empty folder and nothing of its first hour has been published."""
    return setting_up is not None and setting_up.begun() and "wrote" not in setting_up.notes()


async def now(call: Call) -> web.Response:
    return fragment(call, "now.html", now=incidents_now(call), unheard=unheard_now(call))


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})

ROUTES = (
    Route(
        method="GET", path="/", right=Right.VIEW, also=(Right.PRESS,), handler=start, media="text/html",
        summary="The start: what is going on, how ready it is, and each page that you may open.", flags=_PAGE,
    ),
    Route(
        method="GET", path="/now", right=Right.VIEW, handler=now, media="text/html",
        summary="A part of each page: what runs now.", flags=_PAGE,
    ),
)  # fmt: skip
