"""The site file, checked in itself, against the drivers there are and the playbooks it names."""

from __future__ import annotations

import ipaddress
import zoneinfo
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.catalogue import Kinds
from notifier.files.plain_words import faults_of, nearest
from notifier.files.positions import Path
from notifier.files.reading import Reading
from notifier.files.rules import Rule
from notifier.files.secrets import references
from notifier.model.people import Person
from notifier.model.segments import first_foreign
from notifier.model.site import Door, Leave

PLACED = ("rooms", "doors", "speakers", "signals", "buttons", "cameras")


MOST = {"zones": 300, "triggers": 300, "drills": 300, **dict.fromkeys(PLACED, 5000)}
"""A large university campus has about a third of it."""


def check_size(reading: Reading) -> list[Fault]:
    """Whether there is more than can be checked; if so, nothing else of the site or the playbooks is."""
    return [
        _at(reading, rules.SITE_SIZE, (part,), f"There are {count:,} {part}; at most {most:,}.", "Split the site.")
        for part, most in MOST.items()
        if (count := len(getattr(reading.site, part))) > most
    ]


def check_site(reading: Reading) -> list[Fault]:
    """Every fault of the site file, and of contacts that name a room it does not have."""
    return [
        *_ids(reading),
        *_zones(reading),
        *_rooms(reading),
        *_doors(reading),
        *_devices(reading),
        *_names(reading),
        *_accepted_gaps(reading),
    ]


def occupied_zones(reading: Reading) -> dict[str, str]:
    """Zone that directly holds an occupied room, to that room (PRODUCT 5, place)."""
    lived_in = {person.room for person in reading.contacts.people.values() if person.on_site and person.room}
    occupied = (room for room in reading.site.rooms if room.occupied != "never" or room.id in lived_in)
    zones: dict[str, str] = {}
    for room in occupied:
        zones.setdefault(room.zone, room.id)
    return zones


def _ids(reading: Reading) -> Iterator[Fault]:
    for part in ("zones", *PLACED):
        first: dict[str, int] = {}
        for index, thing in enumerate(getattr(reading.site, part)):
            if thing.id in first:
                line, _ = reading.site_document.place((part, first[thing.id], "id"))
                text = f"The id `{thing.id}` stands in {part} already (line {line})."
                yield _at(reading, rules.SITE_ID, (part, index, "id"), text, "Give each an id of its own.")
            first.setdefault(thing.id, index)


def _zones(reading: Reading) -> Iterator[Fault]:
    zones = {zone.id: zone for zone in reading.site.zones}
    for part in PLACED:
        for index, thing in enumerate(getattr(reading.site, part)):
            if thing.zone not in zones:
                text = f"There is no zone `{thing.zone}`."
                yield _at(reading, rules.SITE_ZONE, (part, index, "zone"), text, nearest(thing.zone, zones))
    for index, zone in enumerate(reading.site.zones):
        seen, inside = {zone.id}, zone.parent
        while inside is not None:
            if inside not in zones:
                if inside == zone.parent:
                    text = f"There is no zone `{inside}`."
                    yield _at(reading, rules.SITE_ZONE, ("zones", index, "parent"), text, nearest(inside, zones))
                break
            if inside == zone.id:
                text = f"The zone `{zone.id}` is inside itself."
                yield _at(reading, rules.SITE_ZONE_CIRCLE, ("zones", index, "parent"), text, "Give it another parent.")
            if inside in seen:
                break
            seen.add(inside)
            inside = zones[inside].parent


def _rooms(reading: Reading) -> Iterator[Fault]:
    rooms = {room.id for room in reading.site.rooms}
    lived_in = {person.room for person in reading.contacts.people.values() if person.on_site}
    cards: dict[str, str] = {}
    for index, room in enumerate(reading.site.rooms):
        if room.card and cards.setdefault(room.card, room.id) != room.id:
            text = f"The card `{room.card}` belongs to the room `{cards[room.card]}` already."
            yield _at(reading, rules.SITE_CARD, ("rooms", index, "card"), text, "Give each room a card of its own.")
        if not room.card and room.occupied != "never" and room.id not in lived_in:
            text = f"The room `{room.id}` has no card, and it is nobody's room in the contacts."
            advice = "Add card: (four to eight capital letters and digits), or occupied: never."
            yield _at(reading, rules.SITE_NO_CARD, ("rooms", index), text, advice)
    for index, door in enumerate(reading.site.doors):
        for place, name in enumerate(door.rooms):
            if name not in rooms:
                text = f"There is no room `{name}`."
                yield _at(reading, rules.SITE_ROOM, ("doors", index, "rooms", place), text, nearest(name, rooms))
    for person in reading.contacts.people.values():
        if person.room and person.room not in rooms:
            row = reading.contacts.rows[person.id]
            yield row.fault(
                rules.CONTACT_ROOM, "room", f"There is no room `{person.room[:64]}`.", nearest(person.room, rooms)
            )


def _doors(reading: Reading) -> Iterator[Fault]:
    for index, door in enumerate(reading.site.doors):
        if not door.can_be_proven:
            text = f"{door.title} has no sensor: it can never be proven secured."
            advice = "Add sensed_by: {input: 0, secured_is: true}, or let a person look at it in every incident."
            if not getattr(reading.adapters.door_kinds.get(door.driver), "reads_inputs", True):
                advice = "Declare the lock monitor if one is wired, or let a person look at it in every incident."
            yield _at(reading, rules.DOOR_SENSOR, ("doors", index), text, advice)
        yield from _door_drivers(reading, index, door)
        if door.egress is None:
            text = f"{door.title} does not say how people get out when it is locked; nothing will lock it."
            advice = "Add egress: mechanical, rex or none, after somebody has looked."
            yield _at(reading, rules.DOOR_EGRESS, ("doors", index), text, advice)


def _door_drivers(reading: Reading, index: int, door: Door) -> Iterator[Fault]:
    """What follows from what its drivers can do."""
    kinds = reading.adapters.door_kinds
    used = [kinds[kind] for kind in door.drivers if kind in kinds]
    if door.side == "exterior" and used and all(getattr(model, "needs_uplink", False) for model in used):
        text = f"{door.title} is an exterior door and is locked over its maker's cloud only."
        advice = "Add a second_path that works without the uplink, or let a person lock it by key."
        yield _at(reading, rules.DOOR_UPLINK, ("doors", index), text, advice)
    if door.driver in kinds and not getattr(kinds[door.driver], "reads_inputs", True):
        for word in ("sensed_by", "leaf_by"):
            if getattr(door, word) is not None:
                text = f"{door.title} has `{word}`, and the driver `{door.driver}` reads no inputs."
                advice = "Declare what is wired to the controller under settings: lock_monitor, door_monitor."
                yield _at(reading, rules.DOOR_INPUT, ("doors", index, word), text, advice)


def _devices(reading: Reading) -> Iterator[Fault]:
    known = reading.adapters
    parts: tuple[tuple[str, str, Kinds], ...] = (
        ("doors", "driver", known.door_kinds),
        ("signals", "driver", known.signal_kinds),
        # Their channel's own settings stand in the settings file of each node.
        ("speakers", "channel", dict.fromkeys(known.speaker_kinds)),
        ("cameras", "driver", known.camera_kinds),
        ("triggers", "driver", known.trigger_kinds),
    )
    for part, word, kinds in parts:
        for index, thing in enumerate(getattr(reading.site, part)):
            yield from _device(reading, (part, index), word, getattr(thing, word), thing.settings, kinds)
            if (second := getattr(thing, "second_path", None)) is not None:
                at: Path = (part, index, "second_path")
                yield from _device(reading, at, "driver", second.driver, second.settings, kinds)
    if (fire := reading.site.fire_alarm) is not None:
        yield from _device(reading, ("fire_alarm",), "driver", fire.driver, fire.settings, known.door_kinds)


def _device(
    reading: Reading, at: Path, word: str, kind: str, settings: dict[str, Any], kinds: Kinds
) -> Iterator[Fault]:
    if kind not in kinds:
        text = f"There is no {word} `{kind}` for {at[0]} in this installation."
        yield _at(reading, rules.SITE_DRIVER, (*at, word), text, nearest(kind, kinds))
        return
    model: type[BaseModel] | None = kinds[kind]
    filled, wrong = references(settings, model)
    base: Path = (*at, "settings")
    for path, text, advice in wrong:
        yield _at(reading, rules.SITE_DEVICE_SETTINGS, (*base, *path), text, advice)
    if model is None:
        return
    try:
        model.model_validate(filled)
    except ValidationError as error:
        for fault in faults_of(error, reading.site_document, model, base, show_values=False):
            yield rules.SITE_DEVICE_SETTINGS.on(fault.file, fault.line, fault.column, fault.text, fault.advice)


def _names(reading: Reading) -> Iterator[Fault]:
    site = reading.site
    if not _is_timezone(site.timezone):
        text = f"There is no time zone `{site.timezone[:64]}`."
        advice = nearest(site.timezone, zoneinfo.available_timezones())
        yield _at(reading, rules.SITE_TIMEZONE, ("timezone",), text, advice)
    missing = [word for word in ("address", "entrance") if not getattr(site, word).strip()]
    if missing:
        text = f"The site has no {' and no '.join(missing)}."
        yield _at(reading, rules.SITE_ADDRESS, ("site",), text, "Write what you would tell an emergency operator.")
    named: list[tuple[Path, str]] = [(("name",), site.name)]
    named += [
        ((part, index, "name"), one.name)
        for part in ("zones", "rooms")
        for index, one in enumerate(getattr(site, part))
    ]
    for path, name in named:
        if odd := first_foreign(name):
            text = f"`{name[:64]}` has a `{odd}`: an SMS with this name takes 70 letters a segment instead of 160."
            yield _at(reading, rules.SITE_LETTERS, path, text, "Write it without, if people would still know it.")
    if site.public_url is not None and _only_here(site.public_url):
        text = f"`{site.public_url[:80]}` opens on this machine only; no phone outside can answer by link."
        yield _at(
            reading, rules.SITE_PUBLIC_URL_HERE, ("public_url",), text, "Write it like https://alerts.example.org."
        )
    elif site.public_url is not None and (why := _not_public(site.public_url)):
        yield _at(reading, rules.SITE_PUBLIC_URL, ("public_url",), why, "Write it like https://alerts.example.org.")
    leave = site.lockdown_exterior
    if isinstance(leave, Leave) and not (leave.leave.strip() and leave.by.strip()):
        text = "`lockdown_exterior` leaves doors as they are without a reason and a name."
        advice = 'Write {leave: "the reason", by: "the name of who decided"}.'
        yield _at(reading, rules.SITE_LEAVE, ("lockdown_exterior",), text, advice)
    for ending in ("all_clear", "recall", "mistake"):
        if not getattr(site.two_people, ending):
            text = f"One person alone may end a live response by {ending}."
            yield _at(reading, rules.SITE_ONE_ENDS, ("two_people", ending), text, "Leave the line out: two decide.")
    yield from _two_to_publish(reading)
    for index, button in enumerate(site.buttons):
        if button.playbook not in reading.playbooks and not reading.unread_playbooks:
            text = f"There is no playbook `{button.playbook}`."
            advice = nearest(button.playbook, reading.playbooks)
            yield _at(reading, rules.SITE_BUTTON, ("buttons", index, "playbook"), text, advice)


def _two_to_publish(reading: Reading) -> Iterator[Fault]:
    if reading.site.two_people.publish:
        hear = [one for one in reading.contacts.people.values() if _could_agree(one)]
        if len(hear) < 2:
            who = f"only {hear[0].name}" if hear else "nobody"
            text = f"Publishing takes two people, and {who} of the school could hear of a proposal by push or e-mail."
            advice = "Give two people who may publish an e-mail or push address, and each an account of their own."
            yield _at(reading, rules.SITE_TWO_PUBLISH, ("two_people", "publish"), text, advice)


def _could_agree(person: Person) -> bool:
    outside = person.agency or "guardian" in person.roles or "guardians" in person.groups
    return not outside and bool({"push", "email"} & set(person.addresses))


def _is_timezone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return not zoneinfo.available_timezones()  # a machine without the database cannot say
    return True


def _only_here(url: str) -> bool:
    """An address of the loopback card, written as such; the demo's phones live there."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _not_public(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return f"`{url[:80]}` is not an address."
    if parts.scheme != "https" or "." not in host:
        return f"`{url[:80]}` is not an https address that phones outside can open."
    return ""


def _accepted_gaps(reading: Reading) -> Iterator[Fault]:
    zones = {zone.id for zone in reading.site.zones}
    for index, gap in enumerate(reading.site.accepted_gaps):
        if gap.zone not in zones:
            text = f"There is no zone `{gap.zone}`."
            yield _at(reading, rules.SITE_GAP, ("accepted_gaps", index, "zone"), text, nearest(gap.zone, zones))
        if gap.until < reading.today:
            text = f"The gap in `{gap.zone}` was accepted until {gap.until}; that day has passed."
            advice = "Close the gap, or let a named person accept it anew."
            yield _at(reading, rules.SITE_GAP, ("accepted_gaps", index, "until"), text, advice)
        if not gap.accepted_by.strip() or not gap.reason.strip():
            text = "An accepted gap needs a name and a reason."
            yield _at(reading, rules.SITE_GAP, ("accepted_gaps", index), text, "Write accepted_by: and reason:.")


def _at(reading: Reading, rule: Rule, path: Path, text: str, advice: str) -> Fault:
    return rule.at(reading.site_document, path, text, advice)
