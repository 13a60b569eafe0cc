"""The site: each door with what it was told and what it reads, speakers, cameras, buttons, senders, walk tests."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages._browser import own_address, qr
from notifier.console.pages.forms import ROOM, Form, query_text, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import NotFound, Refused
from notifier.model.rights import Right

HERE = "/site"
SENSES = {"yes": True, "no": False, "": None}
ONE = {"buttons": "button", "signals": "strobe or sign"}


async def show(call: Call) -> web.Response:
    return _page(call, Form())


def _page(call: Call, form: Form, status: int = 200) -> web.Response:
    views, site = call.parts.views, call.parts.site
    accounts = list(call.parts.accounts.listing())
    enrolled = {str(one["button"]) for one in accounts if one["kind"] == "button" and one["state"] == "active"}
    screens = [one for one in accounts if one["kind"] == "kiosk" and one["state"] == "active"]
    may = {right: call.caller.may(right, site) for right in Right}
    pressed = {str(one["id"]): views.last_press(str(one["id"])) for one in screens}
    return page(
        call, "site.html", status=status, form=form, parts=views.equipment(), at=call.parts.clock.wall(),
        senders=views.state("channels")["items"],
        troubles=views.state("troubles")["items"], enrolled=enrolled, screens=screens, pressed=pressed,
        may_try=may[Right.TECHNICIAN], may_take=may[Right.TECHNICIAN] or may[Right.OPERATE],
        may_enrol=may[Right.TECHNICIAN] or may[Right.ADMINISTER], may_revoke=may[Right.ADMINISTER],
        may_walk=may[Right.TECHNICIAN] or may[Right.OPERATE] or may[Right.RESPOND],
        zones=[(str(each["id"]), str(each["name"])) for each in views.site()["zones"]],
    )  # fmt: skip


async def try_it(call: Call) -> web.Response:
    """Asks one device now and shows what it answers; nothing moves, sounds or is sent."""
    form = await read_form(call)
    kind = form.choice("kind", ("door", "signal", "speaker", "sender"))
    name = form.text("id", limit=128, needed="Choose what to try.")
    if not form.sound:
        return _page(call, form, 422)
    commands = call.parts.commands
    tried: Mapping[str, Any]
    match kind:
        case "door":
            tried = await commands.try_door(name, call.caller, False)
        case "signal":
            tried = await commands.try_signal(name, call.caller, False)
        case "speaker":
            tried = await commands.try_speaker(name)
        case _:
            tried = await commands.try_channel(name)
    return _tried(call, kind, name, tried)


def _tried(call: Call, kind: str, name: str, tried: Mapping[str, Any]) -> web.Response:
    return page(
        call, "site_tried.html", kind=kind, name=str(tried.get("title") or name), tried=tried,
        at=call.parts.clock.wall().isoformat(),
    )  # fmt: skip


async def about_light(call: Call) -> web.Response:
    """Before a strobe is lit for a try: where it hangs, and that whoever sees it takes it for an alarm."""
    return page(call, "site_light.html", form=Form(), one=_part(call, "signals", query_text(call, "signal")))


async def light(call: Call) -> web.Response:
    form = await read_form(call)
    one = _part(call, "signals", form.text("signal", limit=128))
    if not form.flag("told"):
        form.faults["told"] = "Tell the people near it first, and say so here."
    if form.sound:
        try:
            tried = await call.parts.commands.try_signal(str(one["id"]), call.caller, True)
        except Refused as refused:
            form.faults["told"] = str(refused)
            return page(call, "site_light.html", status=refused.status, form=form, one=one)
        return _tried(call, "signal", str(one["id"]), tried)
    return page(call, "site_light.html", status=422, form=form, one=one)


async def look(call: Call) -> web.Response:
    """Asks one camera for a picture of now and shows it on the answer itself: it is kept nowhere."""
    await read_form(call)
    tried = await call.parts.commands.try_camera(call.path["camera"])
    picture = "" if tried.jpeg is None else f"data:image/jpeg;base64,{base64.b64encode(tried.jpeg).decode('ascii')}"
    return page(call, "site_look.html", tried=tried.words, picture=picture)


async def take(call: Call) -> web.Response:
    form = await read_form(call)
    await call.parts.commands.acknowledge_trouble(form.text("trouble", limit=400), call.caller)
    return see(f"{HERE}#troubles")


async def enrol(call: Call) -> web.Response:
    """A button's address is shown once, on the answer itself; the address before dies at once."""
    form = await read_form(call)
    button = _part(call, "buttons", form.text("button", limit=128))
    secret = await call.parts.accounts.enrol_button(str(button["id"]), call.caller)
    address = f"{own_address(call)}/press/{secret}"
    return page(call, "site_button.html", button=button, address=address, code=qr(address))


async def revoke(call: Call) -> web.Response:
    form = await read_form(call)
    await call.parts.accounts.revoke(f"button:{form.text('button', limit=128)}", call.caller)
    return see(f"{HERE}#buttons")


async def walk(call: Call) -> web.Response:
    form = await read_form(call)
    zones = [str(each["id"]) for each in call.parts.views.site()["zones"]]
    zone = form.choice("zone", zones, "Choose where you stand.")
    heard = SENSES.get(form.choice("heard", SENSES, "Say whether you heard the page."))
    seen = SENSES.get(form.choice("seen", SENSES, "Say whether you saw the signals."))
    note = form.text("note", limit=500)
    if form.sound and heard is None and seen is None:
        form.faults["heard"] = "Say what you heard, what you saw, or both."
    if not form.sound:
        return _page(call, form, 422)
    try:
        await call.parts.commands.walk_test(zone, heard, seen, note, call.caller)
    except Refused as refused:
        form.faults["zone"] = str(refused)
        return _page(call, form, refused.status)
    return see(f"{HERE}#walks")


def _part(call: Call, kind: str, name: str) -> Mapping[str, Any]:
    found = [each for each in call.parts.views.equipment()[kind] if each["id"] == name]
    if not found:
        raise NotFound(f"The published site has no such {ONE[kind]}; the page Site names them all.")
    part: Mapping[str, Any] = found[0]
    return part


def _route(
    method: str, path: str, right: Right, summary: str, handler: Handler, *also: Right,
    fresh: bool = False, seen: bool = False,
) -> Route:  # fmt: skip
    posted = method == "POST"
    flags = {Flag.PAGE, Flag.LENIENT, *([Flag.FRESH] if fresh else []), *([Flag.PERSONAL] if seen else [])}
    return Route(
        method=method, path=path, right=right, also=also, summary=summary, handler=handler, media="text/html",
        limit=ROOM if posted else 0, flags=frozenset(flags),
    )  # fmt: skip


_T, _A, _O = Right.TECHNICIAN, Right.ADMINISTER, Right.OPERATE
ROUTES = (
    _route("GET", HERE, Right.VIEW, "The site: what each device was told and what it reads.", show),
    _route("POST", f"{HERE}/try", _T, "What a door, strobe, speaker or sender answers now; nothing moves.", try_it),
    _route("GET", f"{HERE}/light", _T, "Before a strobe or sign is lit for a try: who must know.", about_light),
    _route("POST", f"{HERE}/light", _T, "Light a strobe or sign for 3 s, read it back, make it dark again.", light),
    _route("POST", f"{HERE}/cameras/{{camera}}", _T, "What a camera shows now; who looked is noted.", look, seen=True),
    _route("POST", f"{HERE}/troubles", _T, "Say that you know of a trouble.", take, _O),
    _route("POST", f"{HERE}/walks", _O, "Write down a walk test.", walk, Right.RESPOND, _T),
    _route("POST", f"{HERE}/buttons", _A, "Enrol a wall button; its address is shown once.", enrol, _T, fresh=True),
    _route("POST", f"{HERE}/buttons/revoke", _A, "Make a button's secret worthless.", revoke, fresh=True),
)
