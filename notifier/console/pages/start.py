"""The address itself, and the header's right end."""

from __future__ import annotations

from aiohttp import web

from notifier.console.pages.forms import see
from notifier.console.pages.rendering import NAVIGATION, fragment, incidents_now
from notifier.console.parts import SettingUp
from notifier.console.route import Call, Flag, Route
from notifier.model.rights import Right

NOWHERE = "/press"


async def start(call: Call) -> web.Response:
    """To the first page that this caller may open."""
    if call.caller.may(Right.PUBLISH, call.parts.site) and waits(call.parts.setting_up):
        return see("/first-hour")
    paths = {route.path: route for route in call.routes if route.method == "GET"}
    open_to = [path for _, path in NAVIGATION if path in paths and paths[path].allows(call.caller, call.parts.site)]
    return see(next(iter(open_to), NOWHERE))


def waits(setting_up: SettingUp | None) -> bool:
    """Whether this node began in an empty folder and nothing of its first hour has been published."""
    return setting_up is not None and setting_up.begun() and "wrote" not in setting_up.notes()


async def now(call: Call) -> web.Response:
    return fragment(call, "now.html", now=incidents_now(call))


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})

ROUTES = (
    Route(
        method="GET", path="/", right=Right.VIEW, also=(Right.PRESS,), handler=start, media="text/html", status=303,
        summary="To the first page that you may open.", flags=_PAGE,
    ),
    Route(
        method="GET", path="/now", right=Right.VIEW, handler=now, media="text/html",
        summary="A part of each page: what runs now.", flags=_PAGE,
    ),
)  # fmt: skip
