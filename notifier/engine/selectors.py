"""Selectors to devices and people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from notifier.engine.held import Held
from notifier.model.people import Person
from notifier.model.site import Door, Signal, Speaker

Device = TypeVar("Device", Door, Speaker, Signal)


def _in_zones(held: Held, name: str, zone: str | None) -> frozenset[str] | None:
    """The zones a selector means; None: every zone."""
    if name == "$zone":
        return held.zones_inside.get(zone, frozenset({zone})) if zone else None
    return held.zones_inside.get(name, frozenset({name}))


def _matches(held: Held, device: Door | Speaker | Signal, selector: str, zone: str | None) -> bool:
    if selector == "all":
        return True
    kind, _, name = selector.partition(":")
    if selector == "$zone" or kind == "zone":
        zones = _in_zones(held, selector if selector == "$zone" else name, zone)
        return zones is None or device.zone in zones
    if kind == "tag":
        return name in device.tags
    if kind == "side":
        return isinstance(device, Door) and device.side == name
    if kind == "room":
        return isinstance(device, Door) and name in device.rooms
    return kind in ("door", "speaker", "signal") and device.id == name


def _devices(held: Held, known: Iterable[Device], selectors: Sequence[str], zone: str | None) -> tuple[Device, ...]:
    return tuple(device for device in known if any(_matches(held, device, each, zone) for each in selectors))


def select_doors(held: Held, selectors: Sequence[str], zone: str | None) -> tuple[Door, ...]:
    """Commandable doors only: an undeclared way out is never locked."""
    return tuple(door for door in _devices(held, held.site.doors, selectors, zone) if door.commandable)


def select_speakers(held: Held, selectors: Sequence[str], zone: str | None) -> tuple[Speaker, ...]:
    return _devices(held, held.site.speakers, selectors, zone)


def select_signals(held: Held, selectors: Sequence[str], zone: str | None) -> tuple[Signal, ...]:
    return _devices(held, held.site.signals, selectors, zone)


def _person_matches(
    held: Held, person: Person, selector: str, zone: str | None, commander: str | None, unanswered: frozenset[str]
) -> bool:
    if selector == "all":
        return True
    if selector == "unanswered":
        return person.id in unanswered
    kind, _, name = selector.partition(":")
    if selector == "$zone" or kind == "zone":
        zones = _in_zones(held, selector if selector == "$zone" else name, zone)
        room = held.rooms.get(person.room or "")
        return room is not None and (zones is None or room.zone in zones)
    if kind == "role":
        return name in person.roles or (name == "commander" and person.id == commander)
    if kind == "group":
        return name in person.groups
    if kind == "room":
        return person.room == name
    return kind == "person" and person.id == name


def select_people(
    held: Held,
    selectors: Sequence[str],
    zone: str | None = None,
    commander: str | None = None,
    unanswered: frozenset[str] = frozenset(),
) -> tuple[Person, ...]:
    """Each person once, in the order of the selectors: approvers are asked in that order."""
    chosen: dict[str, Person] = {}
    for selector in selectors:
        for person in held.everybody:
            if person.id not in chosen and _person_matches(held, person, selector, zone, commander, unanswered):
                chosen[person.id] = person
    return tuple(chosen.values())
