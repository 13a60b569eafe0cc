"""Walk tests: who stood in a zone, and what could be heard and seen there. No device can know that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from notifier.engine.held import Held
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact

LONGEST_NOTE = 500
SENSES = (("heard", "heard the page", "did NOT hear the page"), ("seen", "saw the signals", "did NOT see the signals"))


def walk_test_body(held: Held, zone: str, heard: bool | None, seen: bool | None, note: str, name: str) -> Body[None]:
    """One event; `None` means that it was not tried. Raises NotFound or Refused."""
    if zone not in held.zone_names:
        raise NotFound(f"There is no zone {zone}. There are: {', '.join(sorted(held.zone_names))}.")
    if heard is None and seen is None:
        raise Refused("Say what you heard, what you saw, or both: a walk test of nothing is none.", status=422)
    data = {"zone": zone, "heard": heard, "seen": seen, "note": note[:LONGEST_NOTE], "by": name}
    yield Fact(EventKind.WALK_TESTED, held.id, None, data)


def told(data: Mapping[str, Any]) -> str:
    """Who noticed what, as in: A. Name heard the page and did NOT see the signals. What was not tried is not said."""
    said = [yes if data[sense] else no for sense, yes, no in SENSES if data.get(sense) is not None]
    return f"{data.get('by')} {' and '.join(said)}"


def standing(held: Held, rows: Sequence[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """For readiness: each zone where people are or something sounds or shows, with its newest walk test and its age.

    `rows`: as the query `walk_tests` brings them, newest first. What is heard and what is seen may have been tried on
    different days; each sense has its own age.
    """
    newest = {(zone, sense): found for sense, _, _ in SENSES for zone, found in newest_of(rows, sense).items()}
    return [_line(held, zone, newest, now) for zone in _zones(held)]


def newest_of(rows: Sequence[Mapping[str, Any]], sense: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Zone to the newest (wall, words) of `heard` or `seen`. `rows`: as the query `walk_tests` brings them."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for row in rows:
        data = decoded(row["payload"]).get("data", {})
        if data.get(sense) is not None:
            found.setdefault(data.get("zone", ""), (row["wall"], data))
    return found


def _line(
    held: Held, zone: str, newest: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]], now: datetime
) -> dict[str, Any]:
    parts: list[str] = []
    ages: list[int] = []
    well = True
    for sense, yes, no in SENSES:
        found = newest.get((zone, sense))
        if found is None:
            parts.append(f"nobody has written down whether {_asked(sense)}")
            well = False
            continue
        wall, data = found
        days = max(0, (now - datetime.fromisoformat(wall)).days)
        ages.append(days)
        well = well and bool(data[sense])
        parts.append(f"{data.get('by')} {yes if data[sense] else no} {_ago(days)}")
    what = f"{held.zone_names.get(zone, zone)}: {', '.join(parts)}."
    return {"what": what, "kind": "walk_test", "zone": zone, "well": well, "age_days": max(ages, default=None)}


def _zones(held: Held) -> list[str]:
    site = held.site
    lived_in = {held.rooms[room].zone for room in held.occupied_rooms if room in held.rooms}
    sounding = {speaker.zone for speaker in site.speakers} | {signal.zone for signal in site.signals}
    return sorted(lived_in | sounding)


def _asked(sense: str) -> str:
    return "the page is heard" if sense == "heard" else "a signal is seen"


def _ago(days: int) -> str:
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
