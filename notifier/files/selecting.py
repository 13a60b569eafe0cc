"""What selectors name, as far as files can say: people, doors, speakers, signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from notifier.files.plain_words import nearest
from notifier.model.people import Person
from notifier.model.site import Door, Signal, Site, Speaker

COMMANDER = "role:commander"
"""Whoever holds command while the incident runs: never empty, never known beforehand (PRODUCT 5)."""


@dataclass(frozen=True, slots=True)
class WrongSelector:
    """One selector of a list that names nothing."""

    index: int
    text: str
    advice: str
    unknown: bool = True
    """False: it could name something, and at this site nothing is of that kind."""


@dataclass(slots=True)
class Selected:
    """What a list of selectors names."""

    ids: set[str] = field(default_factory=set)
    wrong: list[WrongSelector] = field(default_factory=list)
    open: bool = False
    """Whether the incident decides too: `$zone`, `unanswered`, `role:commander`."""


Finder = Callable[[str], set[str]]


def people_of(selectors: Sequence[str], people: Mapping[str, Person], site: Site) -> Selected:
    everybody = list(people.values())
    zone_of = {room.id: room.zone for room in site.rooms}

    def in_zone(zone: str) -> set[str]:
        inside = site.zone_and_children(zone)
        return {one.id for one in everybody if one.room and zone_of.get(one.room) in inside}

    finders: dict[str, Finder] = {
        "group": lambda name: {one.id for one in everybody if name in one.groups},
        "role": lambda name: {one.id for one in everybody if name in one.roles},
        "person": lambda name: {name} & people.keys(),
        "room": lambda name: {one.id for one in everybody if one.room == name},
        "zone": in_zone,
    }
    known = {
        "group": {group for one in everybody for group in one.groups},
        "role": {role for one in everybody for role in one.roles},
        "person": set(people),
        "room": set(zone_of),
        "zone": {zone.id for zone in site.zones},
    }
    dynamic = {"$zone", "unanswered", COMMANDER}
    return _select(selectors, "people", set(people), finders, known, dynamic)


def doors_of(selectors: Sequence[str], site: Site) -> Selected:
    finders: dict[str, Finder] = {
        "door": lambda name: {door.id for door in site.doors if door.id == name},
        "side": lambda name: {door.id for door in site.doors if door.side == name},
        "room": lambda name: {door.id for door in site.doors if name in door.rooms},
        **_placed(site, site.doors),
    }
    known = {
        "door": {door.id for door in site.doors},
        "side": {"exterior", "interior", "stair"},
        "room": {room.id for room in site.rooms},
        **_known_places(site, site.doors),
    }
    return _select(selectors, "doors", {door.id for door in site.doors}, finders, known, {"$zone"})


def speakers_of(selectors: Sequence[str], site: Site) -> Selected:
    return _outputs("speaker", selectors, site, site.speakers)


def signals_of(selectors: Sequence[str], site: Site) -> Selected:
    return _outputs("signal", selectors, site, site.signals)


def _outputs(kind: str, selectors: Sequence[str], site: Site, things: Sequence[Speaker] | Sequence[Signal]) -> Selected:
    finders: dict[str, Finder] = {
        kind: lambda name: {thing.id for thing in things if thing.id == name},
        **_placed(site, things),
    }
    known = {kind: {thing.id for thing in things}, **_known_places(site, things)}
    return _select(selectors, f"{kind}s", {thing.id for thing in things}, finders, known, {"$zone"})


def _placed(site: Site, things: Iterable[Door | Speaker | Signal]) -> dict[str, Finder]:
    listed = list(things)
    return {
        "zone": lambda name: {thing.id for thing in listed if thing.zone in site.zone_and_children(name)},
        "tag": lambda name: {thing.id for thing in listed if name in thing.tags},
    }


def _known_places(site: Site, things: Iterable[Door | Speaker | Signal]) -> dict[str, set[str]]:
    return {"zone": {zone.id for zone in site.zones}, "tag": {tag for thing in things for tag in thing.tags}}


def _select(
    selectors: Sequence[str],
    what: str,
    everything: set[str],
    finders: Mapping[str, Finder],
    known: Mapping[str, set[str]],
    dynamic: set[str],
) -> Selected:
    selected = Selected()
    for index, selector in enumerate(selectors):
        kind, _, name = selector.partition(":")
        if selector == "all":
            selected.ids |= everything
            if not everything:
                text = f"`all` names no {what}: the site has none."
                selected.wrong.append(WrongSelector(index, text, "Remove the step, or add some.", unknown=False))
        elif selector in dynamic:
            selected.open = True
            found = finders[kind](name) if kind in finders and name else set()
            selected.ids |= found
        elif kind not in finders:
            kinds = ", ".join(f"{one}:…" for one in finders)
            text = f"`{selector}` does not name {what}."
            selected.wrong.append(WrongSelector(index, text, f"Use all, {kinds}."))
        elif name not in known[kind]:
            text = f"Nobody has the {kind} `{name}`." if kind in {"role", "group"} else f"There is no {kind} `{name}`."
            selected.wrong.append(WrongSelector(index, text, nearest(name, known[kind])))
        else:
            found = finders[kind](name)
            selected.ids |= found
            if not found:
                text = f"`{selector}` names no {what} at this site."
                selected.wrong.append(WrongSelector(index, text, "Remove it, or add some.", unknown=False))
    return selected
