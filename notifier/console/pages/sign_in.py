"""Signing in, and out: passkey, password and code, provider, recovery code."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from notifier.console.callers import SESSION_COOKIE
from notifier.console.pages._browser import (
    STEP_COOKIE,
    carried,
    drop,
    keep_session,
    needed_party,
    own_address,
    party,
)
from notifier.console.pages.forms import ROOM, Form, local_path, query_text, read_form, see
from notifier.console.pages.rendering import html, zone_of
from notifier.console.route import KILOBYTE, Call, Flag, Handler, Route
from notifier.errors import Refused
from notifier.model.rights import Right

FORM = 16 * KILOBYTE  # bytes of a form of somebody unknown; a passkey's answer has about two thousand
BACK = "/sign-in/provider/back"
FORGOTTEN = "/sign-in/lost"
WHO = "Write your name, or your e-mail address."


def plain(call: Call, template: str, status: int = 200, **context: Any) -> web.Response:
    """A page for whoever is at the door: no header, no navigation."""
    site = call.parts.views.site()
    return html(template, status, **{"site": site, "zone": zone_of(site), **context})


# ------------------------------------------------------------------------------------------------------------ sign in


async def show(call: Call) -> web.Response:
    return _door(call, Form(), local_path(query_text(call, "next")))


def _door(call: Call, form: Form, after: str, wrong: str = "", status: int = 200) -> web.Response:
    who = party(call)
    ticket, options = call.parts.entrance.sign_in.begin_passkey(who) if who else ("", "")
    provider = call.parts.settings.provider
    return plain(
        call, "sign_in.html", status, form=form, after=after, wrong=wrong, ticket=ticket, options=options,
        provider=provider.name if provider else "", provider_path=f"/sign-in/provider?{urlencode({'next': after})}",
    )  # fmt: skip


async def by_password(call: Call) -> web.Response:
    form = await read_form(call)
    after, name = local_path(form.raw("next")), form.text("name", limit=200, needed=WHO)
    if not form.raw("password"):
        form.faults |= {"password": "Type your password."}
    if not form.sound:
        return _door(call, form, after, status=422)
    try:
        entered = await call.parts.entrance.sign_in.by_password(name, form.raw("password"), call.place, carried(call))
    except Refused as refused:
        form.faults["password"] = str(refused)
        return _door(call, form, after, status=refused.status)
    if entered.ticket:
        return plain(call, "sign_in_code.html", ticket=entered.ticket, after=after, form=Form())
    return keep_session(see(after), entered.session)


async def by_code(call: Call) -> web.Response:
    form = await read_form(call)
    after = local_path(form.raw("next"))
    try:
        secret = await call.parts.entrance.sign_in.by_code(
            form.raw("ticket"), form.raw("code"), call.place, carried(call)
        )
    except Refused as refused:
        if refused.status == 410:
            return _door(call, Form(), after, str(refused), refused.status)
        form.faults["code"] = str(refused)
        return plain(call, "sign_in_code.html", refused.status, ticket=form.raw("ticket"), after=after, form=form)
    return keep_session(see(after), secret)


async def by_passkey(call: Call) -> web.Response:
    form = await read_form(call)
    after = local_path(form.raw("next"))
    try:
        secret = await call.parts.entrance.sign_in.by_passkey(
            form.raw("ticket"), form.raw("answer"), needed_party(call), call.place, carried(call)
        )
    except Refused as refused:
        return _door(call, Form(), after, str(refused), refused.status)
    return keep_session(see(after), secret)


async def lost(call: Call) -> web.Response:
    return plain(call, "sign_in_lost.html", form=Form())


async def by_recovery(call: Call) -> web.Response:
    form = await read_form(call)
    name, code = (
        form.text("name", limit=200, needed=WHO),
        form.text("code", limit=100, needed="Type one of your codes."),
    )
    if not form.sound:
        return plain(call, "sign_in_lost.html", 422, form=form)
    try:
        secret = await call.parts.entrance.sign_in.by_recovery(
            name, form.raw("password"), code, call.place, carried(call)
        )
    except Refused as refused:
        form.faults["code"] = str(refused)
        return plain(call, "sign_in_lost.html", refused.status, form=form)
    return keep_session(see("/account"), secret)


# ----------------------------------------------------------------------------------------------------------- provider


async def to_provider(call: Call) -> web.Response:
    after = local_path(query_text(call, "next"))
    ticket, address = await call.parts.entrance.sign_in.begin_provider(f"{own_address(call)}{BACK}", after)
    response = see(address)
    response.set_cookie(STEP_COOKIE, ticket, max_age=600, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def from_provider(call: Call) -> web.Response:
    said = {name: query_text(call, name) for name in ("state", "code", "iss", "error") if query_text(call, name)}
    try:
        secret, after = await call.parts.entrance.sign_in.by_provider(
            call.request.cookies.get(STEP_COOKIE, ""), said, call.place, carried(call)
        )
    except Refused as refused:
        return drop(_door(call, Form(), "/", str(refused), refused.status), STEP_COOKIE)
    return drop(keep_session(see(after), secret), STEP_COOKIE)


async def sign_out(call: Call) -> web.Response:
    if call.session is not None:
        await call.parts.entrance.own.sign_out(call.session, "here")
    return drop(see("/sign-in"), SESSION_COOKIE)


PAGE = frozenset({Flag.PAGE, Flag.LENIENT})


def shows(path: str, right: Right, summary: str, handler: Handler, *more: Flag) -> Route:
    return Route(
        method="GET", path=path, right=right, summary=summary, handler=handler, media="text/html", flags=PAGE | {*more}
    )


def does(path: str, right: Right, summary: str, handler: Handler, *more: Flag) -> Route:
    return Route(
        method="POST", path=path, right=right, summary=summary, handler=handler, media="text/html",
        limit=FORM if right is Right.PUBLIC else ROOM,
        status=303, flags=PAGE | {*more},
    )  # fmt: skip


ROUTES = (
    shows("/sign-in", Right.PUBLIC, "Sign in.", show, Flag.PASSKEYS),
    does("/sign-in", Right.PUBLIC, "Sign in by name and password.", by_password, Flag.PASSKEYS),
    does("/sign-in/code", Right.PUBLIC, "The second step: a code.", by_code, Flag.PASSKEYS),
    does("/sign-in/passkey", Right.PUBLIC, "Sign in by a passkey.", by_passkey, Flag.PASSKEYS),
    shows(FORGOTTEN, Right.PUBLIC, "Sign in without passkey or app.", lost),
    does(FORGOTTEN, Right.PUBLIC, "Sign in by a recovery code.", by_recovery),
    shows("/sign-in/provider", Right.PUBLIC, "To the identity provider.", to_provider),
    shows(BACK, Right.PUBLIC, "Back from the identity provider.", from_provider, Flag.PASSKEYS),
    does("/sign-out", Right.PUBLIC, "Sign out of this browser.", sign_out),
)
