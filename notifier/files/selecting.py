"""What selectors name, as far as files can say: people, doors, speakers, signals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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


class Roll:
    """Everybody by group, role and room, so that a hundred thousand people are walked through once."""

    def __init__(self, people: Mapping[str, Person], site: Site) -> None:
        self._everybody = set(people)
        self._site = site
        self._groups: dict[str, set[str]] = {}
        self._roles: dict[str, set[str]] = {}
        self._rooms: dict[str, set[str]] = {room.id: set() for room in site.rooms}
        for one in people.values():
            for group in one.groups:
                self._groups.setdefault(group, set()).add(one.id)
            for role in one.roles:
                self._roles.setdefault(role, set()).add(one.id)
            if one.room in self._rooms:
                self._rooms[one.room].add(one.id)
        self._selected: dict[tuple[str, ...], Selected] = {}

    def select(self, selectors: Sequence[str]) -> Selected:
        """Whom the selectors name; do not change what you are given, others are given it too."""
        wanted = tuple(selectors)
        if wanted not in self._selected:
            self._selected[wanted] = self._select(wanted)
        return self._selected[wanted]

    def _select(self, selectors: tuple[str, ...]) -> Selected:
        finders: dict[str, Finder] = {
            "group": lambda name: self._groups.get(name, set()),
            "role": lambda name: self._roles.get(name, set()),
            "person": lambda name: {name} & self._everybody,
            "room": lambda name: self._rooms.get(name, set()),
            "zone": self._in_zone,
        }
        known: dict[str, Collection[str]] = {
            "group": self._groups,
            "role": self._roles,
            "person": self._everybody,
            "room": self._rooms,
            "zone": {zone.id for zone in self._site.zones},
        }
        dynamic = {"$zone", "unanswered", COMMANDER}
        return _select(selectors, "people", self._everybody, finders, known, dynamic)

    def _in_zone(self, zone: str) -> set[str]:
        inside = self._site.zone_and_children(zone)
        return {one for room in self._site.rooms if room.zone in inside for one in self._rooms[room.id]}


def doors_of(selectors: Sequence[str], site: Site) -> Selected:
    finders: dict[str, Finder] = {
        "door": lambda name: {door.id for door in site.doors if door.id == name},
        "side": lambda name: {door.id for door in site.doors if door.side == name},
        "room": lambda name: {door.id for door in site.doors if name in door.rooms},
        **_placed(site, site.doors),
    }
    known: dict[str, Collection[str]] = {
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
    known: dict[str, Collection[str]] = {kind: {thing.id for thing in things}, **_known_places(site, things)}
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
    known: Mapping[str, Collection[str]],
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
