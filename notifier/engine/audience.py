"""Whom a step reaches and by which addresses. Pure: people in, planned deliveries out, no one twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from notifier.engine.browsers import KIND, WITH
from notifier.model.people import Person

AGENCY, OUTSIDE, INSIDE = 2, 1, 0
"""How far outside a delivery goes: agencies are never paused or drained, other outsiders may be."""

NO_CONSENT, QUIET_HOURS = "no_consent", "quiet_hours"


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to one address of one person."""

    person: Person
    kind: str
    address: str
    rank: int
    """0 leaves at once; higher ranks wait until the one before has failed."""
    lane: str
    mark: str = ""
    """Which of several addresses of one kind: a person has more than one browser."""


@dataclass(slots=True)
class Audience:
    planned: list[Planned] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    """Ids of people with no address that any sender could take."""
    opted_out: list[tuple[str, str]] = field(default_factory=list)
    """(person, kind): phone gone: call."""
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """Why (`NO_CONSENT`, `QUIET_HOURS`) to the ids of people whom a routine message does not reach for it."""

    def leave_out(self, why: str, people: Iterable[str]) -> None:
        self.left_out.setdefault(why, []).extend(people)


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
    routine: bool = False,
    browsers_of: Callable[[str], Mapping[str, str]] | None = None,
) -> Audience:
    """`senders`: kind to sender names, preferred first. `opted_out`: (kind, address, lane). `routine`: addresses need
    their person's consent. `browsers_of`: a person's browsers, id to address: all of them are one kind.
    """
    audience = Audience()
    taken: set[tuple[str, str]] = set()
    for person in people:
        rank = 0
        reached = unasked = False
        for kind in kinds:
            addresses = _addresses(person, kind, browsers_of)
            if not addresses:
                continue
            if routine and (WITH if kind == KIND else kind) not in person.consent:
                unasked = True
                continue
            address = next(iter(addresses.values()))
            lane = next((name for name in senders.get(kind, ()) if (kind, address, name) not in opted_out), None)
            if lane is None:
                if senders.get(kind):
                    audience.opted_out.append((person.id, kind))
                continue
            reached = True
            if (person.id, kind) in taken:
                continue
            taken.add((person.id, kind))
            audience.planned += [Planned(person, kind, one, rank, lane, mark) for mark, one in addresses.items()]
            rank += 0 if all_at_once else 1
        if not reached and unasked:
            audience.leave_out(NO_CONSENT, [person.id])
        elif not reached:
            audience.unreachable.append(person.id)
    return audience


def _addresses(person: Person, kind: str, browsers_of: Callable[[str], Mapping[str, str]] | None) -> Mapping[str, str]:
    """What tells them apart to address; a kind that contacts name has one."""
    if kind == KIND:
        return browsers_of(person.id) if browsers_of is not None else {}
    address = person.addresses.get(kind)
    return {"": address} if address else {}


def priority_of(person: Person, *, escalation: bool, drill: bool, routine: bool = False) -> int:
    """Smaller leaves first: agencies and escalations, then the people inside, then everybody else; routine is last."""
    if routine and not drill:
        return 7
    if drill:
        return 5 if person.on_site else 6
    if person.agency or escalation:
        return 0
    if person.on_site:
        return 1
    return 2
