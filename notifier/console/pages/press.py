"""The pages that start a response, live or drill: choose, read what it does, start, see what becomes of it.

Two ways, both deliberate: press and keep pressing (static/press.js), or choose and confirm, which works without
scripts. `/press/{secret}`, the address of a dumb button, is another route: a secret is longer than any name here.
"""

from __future__ import annotations

import math
import secrets
from functools import partial
from typing import Any

from aiohttp import web

from notifier.console.assets import find
from notifier.console.callers import KIOSK_COOKIE
from notifier.console.pages._press_desk import Presser, may_see, plan_of, presser_of, running, tiles
from notifier.console.pages._press_words import deeds, progress
from notifier.console.pages.forms import Form, query_text, read_form, see
from notifier.console.pages.rendering import clock, html, zone_of
from notifier.console.press import own_key
from notifier.console.problems import BadRequest
from notifier.console.route import KILOBYTE, Call, Flag, Handler, Route
from notifier.errors import NotFound
from notifier.interfaces import Ending
from notifier.model.incident import Activation
from notifier.model.rights import Right

SMALL = 16 * KILOBYTE
COOKIE_LIFE = 400 * 86400  # seconds: the longest that browsers keep one (RFC 6265bis); renewed at each look
LONGEST_WAIT = 7 * 86400.0  # seconds; a page that says it waited longer is not believed
ON_THE_LINE = "911"


async def show(call: Call, *, drill: bool) -> web.Response:
    presser, now = presser_of(call), running(call)
    if drill and now["live"]:
        return _page(call, "press_over.html", presser, drill=False, now=now)
    shown = await tiles(call, presser, drill=drill)
    doors = [await plan_of(call, tile.playbook, presser.zone, drill=drill) for tile in shown] if drill else []
    still = not any(step.get("doors") for plan in doors for step in plan["phases"]["main"])
    outside = sum(plan["reach"]["outside"] for plan in doors)
    inaudible = query_text(call, "q") == "1"
    response = _page(
        call, "press.html", presser, drill=drill, tiles=shown, now=now, doors_stay=still, outside=outside,
        inaudible=inaudible,
    )  # fmt: skip
    if presser.device:
        keep_device(response, call.request.cookies[KIOSK_COOKIE])
    return response


async def where(call: Call) -> web.Response:
    """For people who have signed in: a device knows its place."""
    return _page(call, "press_where.html", presser_of(call), drill=False)


async def confirm(call: Call, *, drill: bool) -> web.Response:
    presser, now = presser_of(call), running(call)
    if drill and now["live"]:
        return _page(call, "press_over.html", presser, drill=False, now=now)
    tile = next(
        (one for one in await tiles(call, presser, drill=drill) if one.action == query_text(call, "action")), None
    )
    if tile is None:
        raise NotFound("There is no such action here; go back and choose one of the tiles.")
    plan = await plan_of(call, tile.playbook, presser.zone, drill=drill)
    key = secrets.token_urlsafe(16)
    return _page(call, "press_confirm.html", presser, drill=drill, tile=tile, deeds=deeds(plan), plan=plan, key=key)


async def start(call: Call, *, drill: bool) -> web.Response:
    """The press itself. What the form says can only add to it; a script that retries sends the same key."""
    presser = presser_of(call)
    form = await _lenient(call)
    playbook = await _playbook(call, presser, form, drill=drill)
    waited = _seconds(form.raw("waited"))
    activation = Activation(
        id=call.new_id(), source=presser.caller.id, playbook=playbook, zone=presser.zone, drill=drill,
        # Counted by the page and taken from our own clock: the clock of a screen may be wrong by hours.
        pressed_at=call.parts.clock.wall().timestamp() - waited if waited else None,
        dedupe=own_key(form.raw("key")), presser=presser.place if presser.device else presser.caller.name,
    )  # fmt: skip
    pressed = await call.parts.commands.press(activation, presser.caller)
    silent = any(one["id"] == playbook and not one["audible"] for one in call.parts.views.state("playbooks")["items"])
    base = _base(drill=drill)
    if silent:
        where = f"{base}?q=1"
    elif pressed.incident:
        where = f"{base}/started?i={pressed.incident}"
    else:
        where = f"{base}/started?late=1"
    if call.request.headers.get("Accept") == "application/json":
        return web.json_response({"see": where, "silent": silent, "at": _now(call), "incident": pressed.incident})
    return see(where)


async def started(call: Call, *, drill: bool) -> web.Response:
    presser = presser_of(call)
    if query_text(call, "late"):
        return _page(call, "press_late.html", presser, drill=drill)
    incident = _incident(call, presser)
    if bool(incident["drill"]) != drill:
        return see(f"{_base(drill=bool(incident['drill']))}/started?i={incident['id']}")
    zone = zone_of(call.parts.views.site())
    at = clock(incident["began"], zone)  # a HOLD that became a LOCKDOWN: since then
    mine = [press for press in incident["presses"] if press["source"] == presser.caller.id]
    received = clock(mine[-1]["received"], zone) if mine else at
    name = "_press_rows.html" if query_text(call, "part") else "press_started.html"
    plan = await plan_of(call, incident["playbook"], incident["zone"], drill=drill)
    late = query_text(call, "waited")
    light = drill or incident["action"] in {"evacuate", "shelter"}  # the others are inside: a white screen gives away
    return _page(
        call, name, presser, drill=drill, incident=incident, at=at, rows=progress(incident, received),
        reach=int(plan["reach"]["people"]), look="" if light else "dark",
        waited=_took(int(late)) if late.isdecimal() and len(late) < 7 else "", received=received,
    )  # fmt: skip


async def mistake(call: Call) -> web.Response:
    presser = presser_of(call)
    return _page(call, "press_mistake.html", presser, drill=False, incident=_incident(call, presser))


async def claim_mistake(call: Call) -> web.Response:
    presser, form = presser_of(call), await read_form(call)
    await call.parts.commands.claim_mistake(form.text("i"), presser.caller)
    return see(f"/press/started?i={form.text('i')}")


async def on_the_line(call: Call) -> web.Response:
    presser, form = presser_of(call), await read_form(call)
    await call.parts.commands.hand_off(form.text("i"), "accept", ON_THE_LINE, presser.caller)
    return see(f"/press/started?i={form.text('i')}")


async def stop_drill(call: Call) -> web.Response:
    presser, form = presser_of(call), await read_form(call)
    await call.parts.commands.end(form.text("i"), Ending.STOP_DRILL, presser.caller, "Ended from the drill page.")
    return see(f"/drill/press/started?i={form.text('i')}")


async def state(call: Call) -> web.Response:
    """What a page that is open asks every few seconds: whether we answer, and what runs."""
    now = running(call)
    told = {kind: f"{one['word']} is live since {one['at']}" if one else "" for kind, one in now.items()}
    return web.json_response({"at": _now(call), "live": told["live"], "incident": (now["live"] or {}).get("id", "")})


async def worker(_call: Call) -> web.Response:
    """The script that opens the press page without a server; browsers look for a newer one at this fixed address."""
    found = find("press-worker.js")
    assert found is not None  # noqa: S101 it is part of this package
    headers = {"Service-Worker-Allowed": "/press", "Cache-Control": "no-cache"}
    return web.Response(body=found[0].body, content_type="text/javascript", charset="utf-8", headers=headers)


def keep_device(response: web.Response, secret: str) -> None:
    """The device's cookie, for as long as a browser keeps one."""
    response.set_cookie(KIOSK_COOKIE, secret, max_age=COOKIE_LIFE, secure=True, httponly=True, samesite="Lax", path="/")


def _page(call: Call, template: str, presser: Presser, *, drill: bool, **context: Any) -> web.Response:
    site = call.parts.views.site()
    return html(
        template, site=site, presser=presser, drill=drill, base=_base(drill=drill),
        **{"look": "", "at_now": _now(call), "sent": call.parts.clock.wall().isoformat(), **context},
    )  # fmt: skip


def _incident(call: Call, presser: Presser) -> Any:
    incident = call.parts.views.incident(query_text(call, "i"))
    if not may_see(call, presser, incident):
        raise BadRequest(403, "Nothing was pressed here in this incident. Open the page of the device that pressed.")
    return incident


async def _playbook(call: Call, presser: Presser, form: Form, *, drill: bool) -> str:
    """By the action's tile; what names none goes to the engine as it is, which falls back to the device's own."""
    action = form.raw("action")
    found = next((one.playbook for one in await tiles(call, presser, drill=drill) if one.action == action), "")
    return found or presser.playbook or action


async def _lenient(call: Call) -> Form:
    """A press is never refused for its form."""
    try:
        return await read_form(call)
    except BadRequest:
        return Form()


def _seconds(written: str) -> float:
    try:
        waited = float(written)
        return min(max(waited, 0.0), LONGEST_WAIT) if math.isfinite(waited) else 0.0
    except ValueError:
        return 0.0


def _took(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _now(call: Call) -> str:
    return call.parts.clock.wall().astimezone(zone_of(call.parts.views.site())).strftime("%H:%M:%S")


def _base(*, drill: bool) -> str:
    return "/drill/press" if drill else "/press"


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})


def _see(path: str, right: Right, summary: str, handler: Handler, *also: Right, media: str = "text/html") -> Route:
    return Route(
        method="GET", path=path, right=right, also=also, summary=summary, handler=handler, media=media, flags=_PAGE
    )


def _do(path: str, right: Right, summary: str, handler: Handler, *more: Flag) -> Route:
    return Route(
        method="POST", path=path, right=right, summary=summary, handler=handler, media="text/html", limit=SMALL,
        status=303, flags=_PAGE | {*more},
    )  # fmt: skip


_P, _D = Right.PRESS, Right.DRILL
ROUTES = (
    _see("/press", _P, "The page that starts a live response.", partial(show, drill=False)),
    _see("/press/confirm", _P, "What one action would do; starts nothing.", partial(confirm, drill=False)),
    _see("/press/where", _P, "Where somebody who has signed in stands.", where),
    _do("/press/start", _P, "Start it, live.", partial(start, drill=False), Flag.AT_ONCE),
    _see("/press/started", _P, "What became of a press.", partial(started, drill=False), Right.VIEW),
    _see("/press/state", _P, "Whether we answer, and what runs.", state, _D, media="application/json"),
    _see("/press/worker", Right.PUBLIC, "The script of the installed page.", worker, media="text/javascript"),
    _do("/press/911", _P, "Say that you are on the line with 911.", on_the_line),
    _see("/press/mistake", _P, "What saying that it was a mistake does.", mistake),
    _do("/press/mistake", _P, "Say that you pressed by mistake.", claim_mistake),
    _see("/drill/press", _D, "The page that starts a drill.", partial(show, drill=True)),
    _see("/drill/press/confirm", _D, "What one drill would do; starts nothing.", partial(confirm, drill=True)),
    _do("/drill/press/start", _D, "Start a drill.", partial(start, drill=True)),
    _see("/drill/press/started", _D, "What became of a drill.", partial(started, drill=True), Right.VIEW),
    _do("/drill/press/stop", _D, "End the drill.", stop_drill),
)
