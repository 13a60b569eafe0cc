"""Whom a step reaches and by which addresses. Pure: people in, planned deliveries out, no one twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from notifier.model.people import Person

AGENCY, OUTSIDE, INSIDE = 2, 1, 0
"""How far outside a delivery goes: agencies are never paused or drained, other outsiders may be."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to one address of one person."""

    person: Person
    kind: str
    address: str
    rank: int
    """0 leaves at once; higher ranks wait until the one before has failed."""
    lane: str


@dataclass(slots=True)
class Audience:
    planned: list[Planned] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    """Ids of people with no address that any sender could take."""
    opted_out: list[tuple[str, str]] = field(default_factory=list)
    """(person, kind): phone gone: call."""


def outside_of(person: Person) -> int:
    if person.agency:
        return AGENCY
    return INSIDE if person.on_site else OUTSIDE


def address_people(
    people: Iterable[Person],
    kinds: Sequence[str],
    senders: dict[str, tuple[str, ...]],
    *,
    all_at_once: bool,
    opted_out: frozenset[tuple[str, str, str]] = frozenset(),
) -> Audience:
    """`senders`: kind to sender names, preferred first. `opted_out`: (kind, address, lane)."""
    audience = Audience()
    taken: set[tuple[str, str]] = set()
    for person in people:
        rank = 0
        reached = False
        for kind in kinds:
            address = person.addresses.get(kind)
            if not address:
                continue
            lane = next((name for name in senders.get(kind, ()) if (kind, address, name) not in opted_out), None)
            if lane is None:
                if senders.get(kind):
                    audience.opted_out.append((person.id, kind))
                continue
            reached = True
            if (person.id, kind) in taken:
                continue
            taken.add((person.id, kind))
            audience.planned.append(Planned(person, kind, address, rank, lane))
            rank += 0 if all_at_once else 1
        if not reached:
            audience.unreachable.append(person.id)
    return audience


def priority_of(person: Person, *, escalation: bool, drill: bool) -> int:
    """Smaller leaves first: agencies and escalations, then the people inside, then everybody else."""
    if drill:
        return 5 if person.on_site else 6
    if person.agency or escalation:
        return 0
    if person.on_site:
        return 1
    return 2
