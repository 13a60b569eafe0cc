"""What a plan says of people and places that it does not reach. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from notifier.engine.audience import Audience
from notifier.engine.browsers import KIND, WITH
from notifier.engine.held import Held
from notifier.engine.scene import Scene
from notifier.engine.steps.announce import page_speakers
from notifier.engine.steps.notify import Letters
from notifier.model.people import Person
from notifier.model.playbook import Announce, Step

NAMED = 5
"""People of a list who are named; the rest is a number."""
LETTERS_A_SECOND = 14.0
"""How fast a calm voice reads: 150 to 160 words a minute."""
TONE = 2.0
"""Seconds of tone and silence before each time that a page is said."""


def by_kind(
    people: Sequence[Person], kinds: Sequence[str], audience: Audience, letters: Letters
) -> list[dict[str, Any]]:
    """For each kind of address: how many of these people it reaches, by which sender, and who is left out."""
    found = []
    for kind in kinds:
        # Whoever is written to by push is written to on their browsers as well: one path to the reader.
        alike = (kind, KIND) if kind == WITH else (kind,)
        planned = [plan for plan in audience.planned if plan.kind in alike]
        reached = {plan.person.id for plan in planned}
        out = [person.name for person in people if person.id not in reached]
        found.append(
            {
                "kind": kind,
                "people": len(reached),
                "of": len(people),
                "without": out[:NAMED],
                "without_count": len(out),
                "segments": sum(letters.for_person(plan.person)[1] for plan in planned) if kind == "sms" else None,
                "senders": sorted({plan.lane for plan in planned}),
            }
        )
    return found


def named(held: Held, ids: Iterable[str]) -> list[str]:
    """The first few by name."""
    return [held.people[person].name for person in list(ids)[:NAMED]]


def lasts(announce: Announce) -> float | None:
    """Seconds that a page sounds, about: of words as they are read, in all languages; None for recordings."""
    if not announce.say:
        return None
    return announce.times * sum(TONE + len(text) / LETTERS_A_SECOND for text in announce.say.values())


def silent_zones(scene: Scene, steps: Iterable[Step]) -> list[str]:
    """Zones with an occupied room in which no speaker of these steps sounds."""
    if not scene.playbook.audible or scene.playbook.scope != "site":
        return []
    held = scene.held
    paged = [step for step in steps if step.announce is not None]
    if not paged:
        return []
    heard = {speaker.zone for step in paged for group in page_speakers(scene, step).values() for speaker in group}
    heard |= {inside for zone in heard for inside in held.zones_inside.get(zone, ())}
    occupied = {held.rooms[room].zone for room in held.occupied_rooms}
    return [held.zone_names.get(zone, zone) for zone in sorted(occupied - heard)]
