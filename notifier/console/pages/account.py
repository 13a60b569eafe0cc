"""My account: passkeys, password, app, recovery codes, the codes for approvals, and where I am signed in."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from notifier.console.answer_page import push_words
from notifier.console.answer_words import WORDS
from notifier.console.callers import SESSION_COOKIE
from notifier.console.pages._browser import drop, keep_session, needed_party, party, qr, session_of
from notifier.console.pages.forms import Form, query_text, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.errors import Refused
from notifier.model.rights import Right

HERE = "/account"
DONE = {
    "password": "The password is changed. Your other browsers are signed out.",
    "app": "The app is set up. It is asked for at each sign-in from now on.",
    "app_gone": "The app is taken away.",
    "passkey": "The passkey is added.",
    "passkey_gone": "The passkey is taken away.",
    "codes": "Your two codes for approvals are set.",
    "out": "That browser is signed out.",
}


async def show(call: Call) -> web.Response:
    return _page(call, Form())


def _page(call: Call, form: Form, wrong: str = "", status: int = 200) -> web.Response:
    session, own, who = session_of(call), call.parts.entrance.own, party(call)
    mine = own.shown(session)
    ticket, options = own.begin_passkey(session, who) if who else ("", "")
    steady, wall = call.parts.clock.now(), call.parts.clock.wall().timestamp()
    sessions = [
        {
            "id": one.id, "here": one.id == session.id, "how": one.how, "address": one.address, "agent": one.agent,
            "since": _iso(wall - steady + one.made_at), "seen": _iso(wall - steady + one.seen_at),
            "ends": _iso(wall - steady + one.ends_at),
        }
        for one in mine.sessions
    ]  # fmt: skip
    keys = [{"id": one.id, "name": one.name, "since": _iso(wall - steady + one.at)} for one in mine.passkeys]
    return page(
        call, "account.html", status=status, form=form, wrong=wrong, mine=mine, sessions=sessions, keys=keys,
        ticket=ticket, options=options, passkeys_here=who is not None, new=bool(query_text(call, "new")),
        push=push_words(call.parts.views.site().get("push_key", ""), "/api/v1/me/push", WORDS["en"]),
        said=DONE.get(query_text(call, "did"), ""),
    )  # fmt: skip


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


async def set_password(call: Call) -> web.Response:
    form = await read_form(call)
    if form.raw("password") != form.raw("again"):
        form.faults["again"] = "The two passwords differ; type them again."
        return _page(call, form, status=422)
    try:
        await call.parts.entrance.own.set_password(session_of(call), form.raw("password"))
    except Refused as refused:
        form.faults["password"] = str(refused)
        return _page(call, form, status=refused.status)
    return see(f"{HERE}?did=password")


async def begin_app(call: Call) -> web.Response:
    ticket, secret, address = call.parts.entrance.own.begin_app(session_of(call))
    return page(call, "account_app.html", ticket=ticket, secret=secret, qr=qr(address), form=Form())


async def add_app(call: Call) -> web.Response:
    form, own, session = await read_form(call), call.parts.entrance.own, session_of(call)
    try:
        secret, address = own.app_of(session, form.raw("ticket"))
    except Refused as refused:
        return _page(call, Form(), str(refused), refused.status)
    try:
        newer = await own.add_app(session, form.raw("ticket"), form.raw("code"), call.place)
    except Refused as refused:
        form.faults["code"] = str(refused)
        again = {"ticket": form.raw("ticket"), "secret": secret, "qr": qr(address), "form": form}
        return page(call, "account_app.html", status=refused.status, **again)
    return keep_session(see(f"{HERE}?did=app"), newer)


async def remove_app(call: Call) -> web.Response:
    await call.parts.entrance.own.remove_app(session_of(call))
    return see(f"{HERE}?did=app_gone")


async def add_passkey(call: Call) -> web.Response:
    form = await read_form(call)
    name = form.text("name", limit=80) or "Passkey"
    try:
        newer = await call.parts.entrance.own.add_passkey(
            session_of(call), form.raw("ticket"), form.raw("answer"), name, needed_party(call), call.place
        )
    except Refused as refused:
        return _page(call, Form(), str(refused), refused.status)
    return keep_session(see(f"{HERE}?did=passkey"), newer)


async def remove_passkey(call: Call) -> web.Response:
    form = await read_form(call)
    try:
        await call.parts.entrance.own.remove_passkey(session_of(call), form.raw("passkey"))
    except Refused as refused:
        return _page(call, Form(), str(refused), refused.status)
    return see(f"{HERE}?did=passkey_gone")


async def new_recovery(call: Call) -> web.Response:
    made = await call.parts.entrance.own.new_recovery_codes(session_of(call))
    return page(call, "account_recovery.html", codes=made)


async def set_codes(call: Call) -> web.Response:
    form = await read_form(call)
    for name, text in (("confirm", "the confirmation code"), ("duress", "the duress code")):
        if not form.raw(name):
            form.faults[name] = f"Type {text}: six characters or more."
    if not form.sound:
        return _page(call, form, status=422)
    try:
        await call.parts.entrance.own.set_codes(session_of(call), form.raw("confirm"), form.raw("duress"))
    except Refused as refused:
        form.faults["confirm"] = str(refused)
        return _page(call, form, status=refused.status)
    return see(f"{HERE}?did=codes")


async def sign_out(call: Call) -> web.Response:
    form, session = await read_form(call), session_of(call)
    which = form.raw("which")
    await call.parts.entrance.own.sign_out(session, which)
    if call.parts.entrance.sessions.of(call.request.cookies.get(SESSION_COOKIE, "")) is None:
        return drop(see("/sign-in"), SESSION_COOKIE)
    return see(f"{HERE}?did=out")


_OWN, _FRESH, _KEYS = Right.OWN_ACCOUNT, Flag.FRESH, Flag.PASSKEYS
ROUTES = (
    shows(HERE, _OWN, "My account.", show, _KEYS),
    does(f"{HERE}/password", _OWN, "Change my password.", set_password, _FRESH, _KEYS),
    shows(f"{HERE}/app", _OWN, "Set up an app that shows codes.", begin_app, _FRESH, _KEYS),
    does(f"{HERE}/app", _OWN, "The app shows what it must.", add_app, _FRESH, _KEYS),
    does(f"{HERE}/app/remove", _OWN, "Take the app away.", remove_app, _FRESH, _KEYS),
    does(f"{HERE}/passkey", _OWN, "Add a passkey.", add_passkey, _FRESH, _KEYS),
    does(f"{HERE}/passkey/remove", _OWN, "Take a passkey away.", remove_passkey, _FRESH, _KEYS),
    does(f"{HERE}/recovery", _OWN, "Make new recovery codes.", new_recovery, _FRESH, _KEYS),
    does(f"{HERE}/codes", _OWN, "Set the two codes for approvals.", set_codes, _FRESH, _KEYS),
    does(f"{HERE}/sign-out", _OWN, "Sign a browser out.", sign_out, _KEYS),
)
