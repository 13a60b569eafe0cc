"""Drills: when they come, what one would do, starting and ending one, and what became of each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages._drill_words import drill_result, reach_words
from notifier.console.pages.forms import ROOM, Form, query_text, read_form, see
from notifier.console.pages.rendering import fragment, page
from notifier.console.press import own_key
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import NotFound
from notifier.interfaces import Ending
from notifier.model.incident import Activation
from notifier.model.rights import Right

HERE = "/drills"
PAST = 25


async def show(call: Call) -> web.Response:
    return _list(call, Form())


def _list(call: Call, form: Form, status: int = 200) -> web.Response:
    views = call.parts.views
    found = views.incidents(open_only=False, limit=PAST, after=query_text(call, "after") or None)
    open_now = views.incidents(open_only=True, limit=PAST, after=None)["items"]
    books = {str(each["id"]): str(each["title"]) for each in views.state("playbooks")["items"]}
    zones = {str(each["id"]): str(each["name"]) for each in views.site()["zones"]}
    return page(
        call, "drills.html", status=status, form=form, calendar=views.state("drills")["items"],
        running=[each for each in open_now if each["drill"]], live=[each for each in open_now if not each["drill"]],
        past=[each for each in found["items"] if each["drill"] and each["state"] == "closed"], next=found["next"],
        books=books, zones=zones, may=call.caller.may(Right.DRILL, call.parts.site),
        may_plan=call.caller.may(Right.PUBLISH, call.parts.site) and call.parts.editing is not None,
    )  # fmt: skip


async def plan(call: Call) -> web.Response:
    """What the drill would do, to how many; starts nothing."""
    query = call.request.rel_url.query
    form = Form({name: query.getall(name) for name in ("playbook", "zone", "note") if name in query})
    return await _plan(call, form, secrets.token_urlsafe(12))


async def _plan(call: Call, form: Form, key: str, status: int = 200) -> web.Response:
    books, zones = _books(call), _zones(call)
    playbook = form.choice("playbook", books, "Choose the playbook to practise.")
    zone = form.choice("zone", {"", *zones}, "Choose the place, or the whole site.")
    if form.faults.keys() & {"playbook", "zone"}:
        return _list(call, form, 422)
    found = await call.parts.commands.plan(playbook, zone or None, True)
    return page(
        call, "drill_plan.html", status=status, form=form, plan=found, playbook=playbook, zone_id=zone, key=key,
        words=reach_words(found, zones.get(zone, "")),
    )  # fmt: skip


async def start(call: Call) -> web.Response:
    form = await read_form(call)
    playbook = form.choice("playbook", _books(call), "Choose the playbook to practise.")
    zone = form.choice("zone", {"", *_zones(call)}, "Choose the place, or the whole site.")
    note = form.text("note", limit=500)
    if not form.sound:
        if form.faults.keys() & {"playbook", "zone"}:
            return _list(call, form, 422)
        return await _plan(call, form, form.text("key"), 422)
    pressed = await call.parts.commands.press(
        Activation(
            id=call.new_id(), source=call.caller.id, playbook=playbook, zone=zone or None, drill=True, note=note,
            dedupe=own_key(form.text("key")), presser=call.caller.name,
        ),
        call.caller,
    )  # fmt: skip
    return see(f"{HERE}/{pressed.incident}")


async def stop(call: Call) -> web.Response:
    form = await read_form(call)
    reason = form.text("reason", limit=500) or "Ended from the drills page."
    incident = _drill(call)
    await call.parts.commands.end(str(incident["id"]), Ending.STOP_DRILL, call.caller, reason)
    return see(f"{HERE}/{incident['id']}")


async def one(call: Call) -> web.Response:
    return page(call, "drill_result.html", may=call.caller.may(Right.DRILL, call.parts.site), **_result(call))


async def part(call: Call) -> web.Response:
    return fragment(call, "drill_part.html", **_result(call))


def _result(call: Call) -> dict[str, Any]:
    incident = _drill(call)
    at = call.parts.clock.wall().isoformat()
    return {"drill": incident, "result": drill_result(call.parts.views, incident), "at": at}


def _drill(call: Call) -> Mapping[str, Any]:
    incident = call.parts.views.incident(call.path["incident"])
    if not incident.get("drill"):
        raise NotFound("This is no drill; the board and the list of incidents show it.")
    return incident


def _books(call: Call) -> list[str]:
    return [str(each["id"]) for each in call.parts.views.state("playbooks")["items"]]


def _zones(call: Call) -> dict[str, str]:
    return {str(each["id"]): str(each["name"]) for each in call.parts.views.site()["zones"]}


def _route(method: str, path: str, right: Right, summary: str, handler: Handler, *more: Flag) -> Route:
    posted = method == "POST"
    return Route(
        method=method, path=path, right=right, summary=summary, handler=handler, media="text/html",
        limit=ROOM if posted else 0, status=303 if posted else 200, flags=frozenset({Flag.PAGE, Flag.LENIENT, *more}),
    )  # fmt: skip


ROUTES = (
    _route("GET", HERE, Right.VIEW, "Drills: when they come, and what became of each.", show),
    _route("GET", f"{HERE}/plan", Right.DRILL, "What one drill would do; starts nothing.", plan),
    _route("POST", f"{HERE}/start", Right.DRILL, "Start a drill.", start),
    _route("GET", f"{HERE}/{{incident}}", Right.VIEW, "One drill: how it goes, or went.", one),
    _route(
        "GET", f"{HERE}/{{incident}}/now", Right.VIEW, "A part of that page: answers, rooms, doors, messages.", part
    ),
    _route("POST", f"{HERE}/{{incident}}/stop", Right.DRILL, "End a drill.", stop),
)
