"""What would be missing if it were pressed now: each gap with when it must be mended, and by whom.

What is well is not listed, but for walk tests, which stand here with their age.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.drill_calendar import zone_of
from notifier.engine.enough_to_end import too_few_to_end
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.plan import OVER_UPLINK, needs_uplink
from notifier.engine.reach_gap import ReachGap, by_kind, reach_gaps
from notifier.engine.selectors import select_people
from notifier.engine.trouble_calendar import mend_by
from notifier.engine.walk_tests import standing
from notifier.model.people import Person
from notifier.model.step import TroubleState
from notifier.model.watching import When

TECHNICIAN, OFFICE = ("role:technician",), ("role:office", "role:principal")
DRILL_DAYS = 35
"""Days between drills: once a month in session is what most states ask of schools, and a month has holidays."""
AGREEMENT_DAYS = 366
"""An agency's number that nobody has tried for a year is a guess."""
WALK_DAYS = 366
NAMED = 5


def gap(kind: str, what: str, when: When, who: Sequence[str] = TECHNICIAN, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "what": what, "when": str(when), "who": tuple(who), "well": False, **more}


class Readiness:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self._of_people: tuple[object, list[dict[str, Any]]] = (None, [])
        self._by_kind: list[dict[str, object]] = []
        self._named: tuple[object, dict[tuple[str, ...], list[str]]] = (None, {})

    def items(self) -> list[dict[str, Any]]:
        found = [
            *self._troubles(), *_doors(self._desk), *_zones(self._desk), *self._people(), *self._walks(),
            *self._drills(), *_canary(self._desk), *_browsers(self._desk), *self._nobody(),
            *self._endings(), *self._desk.gear.gaps(),
        ]  # fmt: skip
        order = {str(when): place for place, when in enumerate(When)}
        found.sort(key=lambda item: (item["well"] is True, order[item["when"]]))
        day, zone = self._desk.held.site.troubles.school_day, zone_of(self._desk.held.site.timezone)
        for item in found:
            moment = None if item["well"] else mend_by(When(item["when"]), self._desk.clock.wall(), day, zone)
            item["mend_by"] = moment.isoformat(timespec="minutes") if moment else None
            item.setdefault("owner", "")
            item["for"] = self._names(tuple(item.pop("who")))
        return found

    def _names(self, who: tuple[str, ...]) -> list[str]:
        """Kept for the published version too: each of many gaps names the same few roles."""
        held = self._desk.held
        if self._named[0] is not held:
            self._named = (held, {})
        found = self._named[1]
        if who not in found:
            found[who] = [person.name for person in select_people(held, who)][:NAMED]
        return list(found[who])

    def reach(self) -> list[dict[str, object]]:
        """How many people of each group each kind of address does not reach."""
        self._people()
        return list(self._by_kind)

    def _people(self) -> list[dict[str, Any]]:
        """Kept for the published version: 100,000 people are not gone through for each look at a page."""
        desk = self._desk
        key = (
            desk.held.version, frozenset(desk.opted_out), tuple(desk.gear.channels), desk.clock.wall().date(),
            desk.browsers.people,
        )  # fmt: skip
        if self._of_people[0] != key:
            self._of_people = (key, [*_reach(desk), *_agreements(desk)])
            self._by_kind = by_kind(desk.held.everybody, senders_of(desk), desk.browsers.people)
        return [dict(item) for item in self._of_people[1]]

    def _nobody(self) -> Iterator[dict[str, Any]]:
        policy = self._desk.held.site.troubles
        for to in sorted({telling.to for telling in (policy.otherwise, *policy.tell.values())}):
            if not self._names(tuple(to)):
                text = f"Nobody is told of troubles: no contact is {' or '.join(to)}. Give somebody that role."
                yield gap("reach", text, When.NEXT_WORKDAY, OFFICE)

    def _troubles(self) -> Iterator[dict[str, Any]]:
        policy = self._desk.held.site.troubles
        for row in self._ledger.read("troubles", site=self._desk.site):
            telling = policy.of(row["kind"])
            known = row["by_whom"] if row["state"] == TroubleState.ACKNOWLEDGED else ""
            yield gap(
                row["kind"], row["text"], telling.when, telling.to, owner=known or "", trouble=row["id"],
                since=row["raised_wall"],
            )  # fmt: skip

    def _endings(self) -> Iterator[dict[str, Any]]:
        accounts = self._ledger.read("access_accounts", site=self._desk.site)
        if text := too_few_to_end(accounts, self._desk.site, self._desk.held.site.two_people):
            yield gap("second_person", text, When.NEXT_WORKDAY, OFFICE)

    def _walks(self) -> Iterator[dict[str, Any]]:
        rows = self._ledger.read("walk_tests", site=self._desk.site)
        for line in standing(self._desk.held, rows, self._desk.clock.wall()):
            old = line["age_days"] is not None and line["age_days"] > WALK_DAYS
            yield {"when": str(When.NEXT_WORKDAY), "who": TECHNICIAN, **line, "well": line["well"] and not old}

    def _drills(self) -> Iterator[dict[str, Any]]:
        rows = self._ledger.read("last_drill", site=self._desk.site)
        if not rows:
            yield gap("drill", "No drill has been run: nobody knows what would happen.", When.NEXT_WORKDAY, OFFICE)
            return
        age = self._desk.clock.wall() - datetime.fromisoformat(rows[0]["raised_wall"])
        if age > timedelta(days=DRILL_DAYS):
            what = f"The last drill was {age.days} days ago ({rows[0]['title']})."
            yield gap("drill", what, When.NEXT_WORKDAY, OFFICE, age_days=age.days)


def senders_of(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """Kind of address to each sender for it and the line that it leaves by."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, channel in desk.gear.channels.items():
        found.setdefault(channel.address_kind, []).append((name, desk.gear.senders[name].uplink))
    return found


def _browsers(desk: Desk) -> Iterator[dict[str, Any]]:
    names = [desk.held.people[one].name for one in desk.browsers.lost() if one in desk.held.people]
    if names:
        some = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        what = f"{len(names)} people have no browser for push any more, theirs let go: {some}. They register it again."
        yield gap("browser", what, When.NEXT_WORKDAY, OFFICE)


def _doors(desk: Desk) -> Iterator[dict[str, Any]]:
    for door in desk.held.site.doors:
        if not door.commandable:
            why = "re-entry from the stair is not declared" if door.egress else "how people get out is not declared"
            text = f"{door.title} is never commanded: {why}."
            yield gap("door", text, When.NEXT_WORKDAY, door=door.id)
            continue
        if not door.can_be_proven:
            text = f"{door.title} has no sensor: it can never be proven secured."
            yield gap("door", text, When.NEXT_WORKDAY, door=door.id)
        if needs_uplink(desk, door):
            yield gap("door", OVER_UPLINK.format(door=door.title), When.NEXT_WORKDAY, door=door.id)


REACH = {
    "no_address": "{count} of {group} cannot be reached at all, no address is known: {names}.",
    "no_sender": "{count} of {group} cannot be reached: no sender takes what they have ({kinds}): {names}.",
    "opted_out": "{count} of {group} have told every sender to stop; call them: {names}.",
    "one_line": "Police are reached over one line only ({kinds}): {names}. Add a sender with another uplink.",
}


def _reach(desk: Desk) -> Iterator[dict[str, Any]]:
    for each in reach_gaps(desk.held.everybody, senders_of(desk), desk.opted_out, desk.browsers.active):
        said = {"count": len(each.people), "group": each.group, "kinds": ", ".join(each.kinds)}
        text = REACH[each.why].format(names=_names(each.people), **said)
        urgent = each.group in ("agencies", "staff")
        when = When.BEFORE_SCHOOL if urgent and each.why != "one_line" else When.NEXT_WORKDAY
        who = TECHNICIAN if each.why == "one_line" else OFFICE
        yield gap("reach", text, when, who, **_reached(each))


def _reached(each: ReachGap) -> Mapping[str, Any]:
    return {
        "group": each.group, "why": each.why, "purpose": each.purpose, "people": [one.id for one in each.people][:200],
    }  # fmt: skip


def _zones(desk: Desk) -> Iterator[dict[str, Any]]:
    """Rooms where nobody would hear or see it, but for gaps that a named person accepts for a time."""
    held, today = desk.held, desk.clock.wall().date()
    site = held.site
    accepted = {zone for each in site.accepted_gaps if each.until >= today for zone in _inside(desk, each.zone)}
    for things, what in ((site.speakers, "speaker: a page is not heard"), (site.signals, "signal: nothing is seen")):
        covered = {zone for thing in things for zone in _inside(desk, thing.zone)}
        bare = [held.rooms[room] for room in sorted(held.occupied_rooms) if room in held.rooms]
        bare = [room for room in bare if room.zone not in covered | accepted]
        for zone in sorted({room.zone for room in bare}):
            rooms = [room.name or room.id for room in bare if room.zone == zone]
            text = f"{held.zone_names.get(zone, zone)} has no {what} in {_listed(rooms)}."
            yield gap("path", text, When.NEXT_WORKDAY, zone=zone)
    for each in site.accepted_gaps:
        if each.until < today:
            text = f"The gap in {held.zone_names.get(each.zone, each.zone)} was accepted until {each.until} only."
            yield gap("path", text, When.NEXT_WORKDAY, OFFICE, zone=each.zone)


def _inside(desk: Desk, zone: str) -> frozenset[str]:
    return desk.held.zones_inside.get(zone, frozenset({zone}))


def _agreements(desk: Desk) -> Iterator[dict[str, Any]]:
    today = desk.clock.wall().date()
    for person in desk.held.everybody:
        if not person.agency:
            continue
        if person.agreement is None:
            text = f"{person.name}: no agreement is on file, so nobody has said that they take our messages."
        elif person.agreement.last_tested is None:
            text = f"{person.name}: the agreement was never tested."
        elif (days := (today - person.agreement.last_tested).days) > AGREEMENT_DAYS:
            text = f"{person.name}: the agreement was tested {days} days ago."
        else:
            continue
        yield gap("agreement", text, When.NEXT_WORKDAY, OFFICE, person=person.id)


def _canary(desk: Desk) -> Iterator[dict[str, Any]]:
    if desk.held.site.canary is None:
        text = "No canary flies: that a sender takes a message is found out by the next real one."
        yield gap("canary", text, When.NEXT_WORKDAY)


def _names(people: Sequence[Person]) -> str:
    return _listed([person.name for person in people])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
