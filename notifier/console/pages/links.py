"""The pages behind links that work once: the first administrator, and people who choose their way in."""

from __future__ import annotations

from aiohttp import web

from notifier.console.pages._browser import keep_session
from notifier.console.pages.forms import Form, read_form, same_origin, see
from notifier.console.pages.sign_in import FORM, plain
from notifier.console.problems import BadRequest
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import Refused
from notifier.model.rights import Right

NEXT = "/account?new=yes"
"""Where the second proof is set up."""


async def show_setup(call: Call) -> web.Response:
    try:
        call.parts.entrance.links.look_at_setup(call.path["token"])
    except Refused as refused:
        return plain(call, "link_dead.html", refused.status, text=str(refused))
    return plain(call, "setup.html", form=Form())


async def set_up(call: Call) -> web.Response:
    form = await _form(call)
    name = form.text("name", limit=100, needed="Write your name.")
    email = form.email("email")
    if form.raw("password") != form.raw("again"):
        form.faults["again"] = "The two passwords differ; type them again."
    if not form.sound:
        return plain(call, "setup.html", 422, form=form)
    try:
        secret = await call.parts.entrance.links.set_up(
            call.path["token"], name, email, form.raw("password"), call.place
        )
    except Refused as refused:
        if refused.status == 410:
            return plain(call, "link_dead.html", refused.status, text=str(refused))
        form.faults["password"] = str(refused)
        return plain(call, "setup.html", refused.status, form=form)
    return keep_session(see(NEXT), secret)


async def show_welcome(call: Call) -> web.Response:
    try:
        account = call.parts.entrance.links.welcomed(call.path["token"])
    except Refused as refused:
        return plain(call, "link_dead.html", refused.status, text=str(refused))
    return plain(call, "welcome.html", form=Form(), name=account.name)


async def take_up(call: Call) -> web.Response:
    form, links = await _form(call), call.parts.entrance.links
    without = form.flag("without")
    name = ""
    try:
        name = links.welcomed(call.path["token"]).name
        if not without and form.raw("password") != form.raw("again"):
            form.faults["again"] = "The two passwords differ; type them again."
            return plain(call, "welcome.html", 422, form=form, name=name)
        secret = await links.take_up(call.path["token"], None if without else form.raw("password"), call.place)
    except Refused as refused:
        if refused.status == 410:
            return plain(call, "link_dead.html", refused.status, text=str(refused))
        form.faults["password"] = str(refused)
        return plain(call, "welcome.html", refused.status, form=form, name=name)
    return keep_session(see(NEXT), secret)


async def _form(call: Call) -> Form:
    if not same_origin(call.request, call.parts.public_url):
        raise BadRequest(403, "Another site sent this, or the browser does not say who did; nothing was done.")
    return await read_form(call)


_LINK = frozenset({Flag.PAGE, Flag.LENIENT, Flag.SECRET_PATH})


def _route(method: str, path: str, summary: str, handler: Handler) -> Route:
    return Route(
        method=method, path=path, right=Right.PUBLIC, summary=summary, handler=handler, media="text/html",
        limit=FORM if method == "POST" else 0, flags=_LINK,
    )  # fmt: skip


ROUTES = (
    _route("GET", "/setup/{token}", "The first administrator's page; looking uses nothing up.", show_setup),
    _route("POST", "/setup/{token}", "Become the first administrator, once.", set_up),
    _route("GET", "/welcome/{token}", "A new person's page; looking uses nothing up.", show_welcome),
    _route("POST", "/welcome/{token}", "Choose a way in, once.", take_up),
)
