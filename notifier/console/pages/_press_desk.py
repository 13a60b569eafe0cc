"""Who stands before a press page, where, and what they may start from it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifier.console.callers import device_of
from notifier.console.pages._press_words import ORDER, SAYS, WHEN
from notifier.console.pages.forms import query_text
from notifier.console.pages.rendering import MOST_INCIDENTS, clock, people, zone_of
from notifier.console.route import Call
from notifier.model.rights import Caller, Right


@dataclass(frozen=True, slots=True)
class Presser:
    """A device at its place, or a person who has signed in."""

    caller: Caller
    place: str
    """In words; "" if it is not known."""
    zone: str | None
    playbook: str
    """The device's own, which a press that names none falls back to."""
    device: bool


def presser_of(call: Call) -> Presser:
    """An enrolled screen goes before whoever is signed in on it: the place is what counts in a press."""
    zones = {each["id"]: each["name"] for each in call.parts.views.site()["zones"]}
    device = device_of(call.request, call.parts.accounts)
    if device is not None:
        caller, row = device
        zone = str(row["zone"])
        return Presser(caller, str(row.get("name") or zones.get(zone, zone)), zone, str(row["playbook"]), device=True)
    asked = query_text(call, "zone")
    return Presser(call.caller, zones.get(asked, ""), asked if asked in zones else None, "", device=False)


@dataclass(frozen=True, slots=True)
class Tile:
    """One action that a press starts."""

    action: str
    word: str
    when: str
    say: str
    playbook: str
    where: str
    count: int
    audible: bool

    @property
    def people(self) -> str:
        return people(self.count)


async def tiles(call: Call, presser: Presser, *, drill: bool) -> list[Tile]:
    """One for each action that is published; of two playbooks for one action, the one that has its name."""
    books = call.parts.views.state("playbooks")["items"]
    found = []
    for action in ORDER:
        choices = sorted(
            (one for one in books if one["action"] == action), key=lambda one: (one["id"] != action, one["id"])
        )
        if choices:
            found.append(await _tile(call, choices[0], presser, drill=drill))
    return found


async def _tile(call: Call, book: Mapping[str, Any], presser: Presser, *, drill: bool) -> Tile:
    site = call.parts.views.site()
    plan = await plan_of(call, str(book["id"]), presser.zone, drill=drill)
    zones = {each["id"]: each["name"] for each in site["zones"]}
    roots = [each for each in site["zones"] if not each["parent"]]
    whole = roots[0]["name"] if len(roots) == 1 else "Whole site"
    where = zones.get(presser.zone or "", whole) if book["scope"] == "zone" else whole
    action = str(book["action"])
    return Tile(
        action,
        action.upper(),
        WHEN[action],
        SAYS[action],
        str(book["id"]),
        where,
        int(plan["reach"]["people"]),
        bool(book["audible"]),
    )


async def plan_of(call: Call, playbook: str, zone: str | None, *, drill: bool) -> Mapping[str, Any]:
    """The plan of the published version, worked out once: a press page opens at once."""
    kept, version = call.parts.kept, call.parts.views.site()["version"]
    if kept.get("version") != version:
        kept.clear()
        kept["version"] = version
    key = (playbook, zone, drill)
    if key not in kept:
        await asyncio.sleep(0)  # each plan in a turn of the loop of its own: a press comes between
        kept[key] = await call.parts.commands.plan(playbook, zone, drill)
    plan: Mapping[str, Any] = kept[key]
    return plan


def running(call: Call) -> dict[str, Any]:
    """The open live incident and the open drill, as far as a press page tells of them; None for neither."""
    zone = zone_of(call.parts.views.site())
    items = call.parts.views.incidents(open_only=True, limit=MOST_INCIDENTS, after=None)["items"]
    silent = {one["id"] for one in call.parts.views.state("playbooks")["items"] if not one["audible"]}
    found: dict[str, Any] = {"live": None, "drill": None}
    for one in sorted(items, key=lambda each: str(each["raised_wall"])):
        if one["playbook"] not in silent:  # a silent alarm shows on no screen inside
            at = clock(one["began"], zone)
            found["drill" if one["drill"] else "live"] = {"id": one["id"], "word": one["action"].upper(), "at": at}
    return found


def may_see(call: Call, presser: Presser, incident: Mapping[str, Any]) -> bool:
    """Whoever pressed it sees what became of it; others need the right to see incidents."""
    pressed = {str(press["source"]) for press in incident["presses"]}
    return presser.caller.id in pressed or call.caller.may(Right.VIEW, call.parts.site)
