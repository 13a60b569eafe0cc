"""A screen becomes a press device: an administrator makes a link, the screen opens it once and keeps its own secret."""

from __future__ import annotations

import io
from typing import Any

from aiohttp import web
from markupsafe import Markup

from notifier.console.callers import networks_of, public_address
from notifier.console.pages.forms import ROOM, Form, read_form, same_origin, see
from notifier.console.pages.press import keep_device
from notifier.console.pages.rendering import html, page
from notifier.console.problems import BadRequest
from notifier.console.route import KILOBYTE, Call, Flag, Route
from notifier.errors import Refused
from notifier.model.rights import Right

NAME_LIMIT = 60  # characters of a screen's name; it is read out on the board


async def ask(call: Call) -> web.Response:
    return _page(call, Form())


async def make(call: Call) -> web.Response:
    """The link is shown once, on the answer itself: a page that could be loaded again would show it twice."""
    form, buttons = await read_form(call), _buttons(call)
    name = form.text("name", limit=NAME_LIMIT, needed="Say what people call this screen: “Front office, left”.")
    button = form.choice("button", [value for value, _ in buttons], "Choose the button that it stands for.")
    if not form.sound:
        return _page(call, form, status=422)
    token = await call.parts.accounts.enrol_kiosk(name, button, call.caller)
    address = (
        public_address(call.request, None, networks_of(call.parts.settings.behind_proxy)).removesuffix("/enrol")
        + f"/enrol/{token}"
    )
    return _page(call, form, address=address, code=_drawn(address))


async def revoke(call: Call) -> web.Response:
    form = await read_form(call)
    await call.parts.accounts.revoke(form.text("screen"), call.caller)
    return see("/enrol")


async def look(call: Call) -> web.Response:
    """Opening it uses nothing up: a preview or a scanner that looks first must not spoil it."""
    return html("enrol_screen.html", site=call.parts.views.site(), refused="")


async def become(call: Call) -> web.Response:
    if not same_origin(call.request, call.parts.public_url):
        raise BadRequest(403, "Another site sent this, or the browser does not say who did; nothing was done.")
    try:
        secret = await call.parts.accounts.redeem_kiosk(call.path["token"])
    except Refused as error:
        return html("enrol_screen.html", error.status, site=call.parts.views.site(), refused=str(error))
    response = see("/press")
    keep_device(response, secret)
    return response


def _page(call: Call, form: Form, *, status: int = 200, address: str = "", code: str = "") -> web.Response:
    screens = [one for one in call.parts.accounts.listing() if one["kind"] == "kiosk" and one["state"] == "active"]
    may = call.caller.may(Right.ADMINISTER, call.parts.site)
    return page(
        call, "enrol.html", status=status, form=form, buttons=_buttons(call), address=address, code=code,
        screens=screens, may_revoke=may,
    )  # fmt: skip


def _buttons(call: Call) -> list[tuple[str, str]]:
    """Published buttons: id, and name with its place."""
    found = call.parts.views.site().get("buttons", [])
    return [(str(one["id"]), f"{one['name']} ({one['zone_name']})") for one in found]


def _drawn(address: str) -> Markup:
    """The address as a QR code; SVG without style attributes."""
    import segno  # no start needs it

    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", scale=6, dark="#000000", light="#FFFFFF", xmldecl=False, svgns=False, nl=False, omitsize=False
    )
    return Markup(out.getvalue().decode("ascii"))  # noqa: S704 made here of our own address


def _route(
    method: str, path: str, right: Right, summary: str, handler: Any, *also: Right, secret: bool = False
) -> Route:
    flags = frozenset({Flag.PAGE, Flag.LENIENT, *([Flag.SECRET_PATH] if secret else [])})
    if method == "POST" and not secret:
        flags |= {Flag.FRESH}
    return Route(
        method=method, path=path, right=right, also=also, summary=summary, handler=handler, media="text/html",
        limit=(4 * KILOBYTE if secret else ROOM) if method == "POST" else 0, flags=flags,
    )  # fmt: skip


ROUTES = (
    _route("GET", "/enrol", Right.ADMINISTER, "Enrol a screen that presses.", ask, Right.TECHNICIAN),
    _route("POST", "/enrol", Right.ADMINISTER, "Make the link that enrols it.", make, Right.TECHNICIAN),
    _route("POST", "/enrol/revoke", Right.ADMINISTER, "Make a screen's secret worthless.", revoke),
    _route("GET", "/enrol/{token}", Right.PUBLIC, "What a screen sees first.", look, secret=True),
    _route("POST", "/enrol/{token}", Right.PUBLIC, "The screen becomes a press device.", become, secret=True),
)
