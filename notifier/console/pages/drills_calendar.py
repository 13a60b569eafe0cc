"""Drills put on the calendar and taken off it: lines of the site file, published as a new version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from notifier.console.pages._proposed import landed
from notifier.console.pages._publishing import editing_of, free_name, publish
from notifier.console.pages.forms import Form, read_form
from notifier.console.pages.rendering import page, zone_of
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.files.drill_edit import DAYS, LAST_DAY, added, planned, removed, when
from notifier.model.rights import Right

FILE = "site.yaml"
OFTEN = {
    "once": "Once, on that day",
    "weekly": "Every week on that day of the week, from the next one on",
    "monthly": "Every month on that day, from the next one on",
}
AHEAD = {"5m": "5 minutes", "10m": "10 minutes", "15m": "15 minutes", "30m": "30 minutes", "1h": "an hour"}
"""How long before it people are told; the site file takes up to a week."""
EARLIEST = timedelta(minutes=1)


async def show(call: Call) -> web.Response:
    return await _show(call, Form())


async def _show(call: Call, form: Form, status: int = 200) -> web.Response:
    version, text = editing_of(call).published(FILE)
    drills = await asyncio.to_thread(planned, (text or "").encode())
    books, zones = _books(call), _zones(call)
    return page(
        call, "drills_calendar.html", status=status, form=form, books=books, zones=zones, often=OFTEN, ahead=AHEAD,
        version=form.raw("version") if form.raw("version") and "version" not in form.faults else version,
        planned=[{"id": str(one.get("id", "")), "words": in_words(one, books, zones)} for one in drills],
        today=_now(call).strftime("%Y-%m-%d"),
    )  # fmt: skip


async def add(call: Call) -> web.Response:
    form = await read_form(call)
    name = " ".join(form.text("name", limit=100).split())
    drill = {
        "id": "", "name": name, "playbook": form.choice("playbook", _books(call), "Choose the playbook to practise."),
        "zone": form.choice("zone", {"", *_zones(call)}, "Choose the place, or the whole site."),
    }  # fmt: skip
    often = form.choice("often", OFTEN, "Choose how often.")
    ahead = form.choice("ahead", AHEAD, "Choose how long before it people are told.")
    begins = _begins(call, form, often)
    if not form.sound or begins is None:
        return await _show(call, form, 422)
    raw = (editing_of(call).published(FILE)[1] or "").encode()
    taken = {str(one.get("id")) for one in await asyncio.to_thread(planned, raw)}
    drill = {**drill, "id": free_name(f"{drill['playbook'][:40]}-{begins:%Y-%m-%d}", taken), **when(begins, often)}
    return await _published(call, form, "day", added, raw, {**drill, "told_ahead": ahead}, "on the calendar")


async def take_off(call: Call) -> web.Response:
    form = await read_form(call)
    raw = (editing_of(call).published(FILE)[1] or "").encode()
    drill = form.text("drill", limit=64, needed="Choose the drill.")
    if not form.flag("sure"):
        form.faults["sure"] = "Tick that it is to be taken off the calendar."
    if not form.sound:
        return await _show(call, form, 422)
    return await _published(call, form, "drill", removed, raw, drill, "off the calendar")


async def _published(
    call: Call, form: Form, field: str, change: Any, raw: bytes, drill: Any, what: str
) -> web.Response:
    named = str(drill["id"] if isinstance(drill, Mapping) else drill)
    try:
        changed = await asyncio.to_thread(change, raw, drill)
    except ValueError as error:
        form.faults[field] = f"Nothing was changed: {error}."
        return await _show(call, form, 422)
    outcome = await publish(call, {FILE: changed}, f"drill {named} {what}", form)
    return landed(outcome, "/drills") if outcome is not None else await _show(call, form, 422)


def _begins(call: Call, form: Form, often: str) -> datetime | None:
    """The first time, on the site's clock."""
    day = form.text("day", limit=10, needed="Choose the day.")
    time = form.text("time", limit=5, needed="Choose the time.")
    try:
        date = datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 the site's own clock
    except ValueError:
        form.faults.setdefault("day", "This is no day. Write it like 2026-12-03.")
        return None
    try:
        clock = datetime.strptime(time, "%H:%M").time()  # noqa: DTZ007 the site's own clock
    except ValueError:
        form.faults.setdefault("time", "This is no time of day. Write it like 10:30.")
        return None
    begins = datetime.combine(date, clock)
    if often == "once" and begins < _now(call) + EARLIEST:
        form.faults.setdefault("day", "This has passed at the site. Choose a later day or time.")
    elif often == "monthly" and date.day > LAST_DAY:
        form.faults.setdefault("day", f"Not every month has a day {date.day}. Choose one up to {LAST_DAY}.")
    return begins


def in_words(drill: Mapping[str, Any], books: Mapping[str, str], zones: Mapping[str, str]) -> str:
    """One line of the calendar as a person would say it; what a form cannot say stands as it is written."""
    what = str(drill.get("name") or books.get(str(drill.get("playbook")), drill.get("playbook")))
    return f"{what}, {zones.get(str(drill.get('zone')), 'whole site')}: {_when(drill)}"


def _when(drill: Mapping[str, Any]) -> str:
    if at := str(drill.get("at") or ""):
        return f"once, {at}"
    minute, hour, day, month, weekday = (*str(drill.get("cron", "")).split(), *"?????")[:5]
    if not (minute.isdecimal() and hour.isdecimal() and month == "*"):
        return f"cron {drill.get('cron')}"
    clock = f"{int(hour):02}:{int(minute):02}"
    if day == "*" and weekday in DAYS:
        return f"every week, {weekday} {clock}"
    return f"every month, day {day}, {clock}" if day.isdecimal() and weekday == "*" else f"cron {drill.get('cron')}"


def _now(call: Call) -> datetime:
    return call.parts.clock.wall().astimezone(zone_of(call.parts.views.site())).replace(tzinfo=None)


def _books(call: Call) -> dict[str, str]:
    return {str(each["id"]): str(each["title"]) for each in call.parts.views.state("playbooks")["items"]}


def _zones(call: Call) -> dict[str, str]:
    return {str(each["id"]): str(each["name"]) for each in call.parts.views.site()["zones"]}


ROUTES = (
    shows(
        "/drills/calendar",
        Right.PUBLISH,
        "The form for a drill on the calendar, and what stands there.",
        show,
        Flag.FRESH,
    ),
    does("/drills/calendar", Right.PUBLISH, "Put a drill on the calendar and publish.", add, Flag.FRESH),
    does("/drills/calendar/off", Right.PUBLISH, "Take a drill off the calendar and publish.", take_off, Flag.FRESH),
)
