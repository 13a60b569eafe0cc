"""Who could not be reached if it were pressed now: by what, for what, and over which line. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from notifier.engine.browsers import KIND, WITH
from notifier.model.people import Person

GROUPS = ("agencies", "staff", "district", "guardians", "others")
"""In the order in which a gap matters."""
LEAST_LINES = 2
"""Lines that police must be reached over: one is one digger away from silence (PRODUCT 3, messages)."""


@dataclass(frozen=True, slots=True)
class ReachGap:
    """People of one group with the same gap."""

    group: str
    why: str
    """`no_address`: none at all; `no_sender`: none that a sender takes; `opted_out`: they told every sender to stop;
    `one_line`: agencies that are reached over one line only."""
    people: tuple[Person, ...]
    purpose: str
    """What does not get to them: `emergency` is everything, `routine` only what they may decline."""
    kinds: tuple[str, ...] = ()
    """Of `no_sender`, the addresses they have; of `one_line`, the lines."""


def group_of(person: Person) -> str:
    if person.agency:
        return "agencies"
    if "district" in person.roles:
        return "district"
    if "guardian" in person.roles or "guardians" in person.groups:
        return "guardians"
    return "staff" if person.on_site else "others"


def reach_gaps(
    people: Iterable[Person],
    senders: Mapping[str, Sequence[tuple[str, str]]],
    opted_out: Collection[tuple[str, str, str]],
    browsers: Mapping[str, Mapping[str, str]] | None = None,
) -> list[ReachGap]:
    """`senders`: kind of address to (sender, line) of each; `opted_out`: (kind, address, sender); `browsers`: person to
    the browsers that they registered for push, id to address.
    """
    found: dict[tuple[str, str, tuple[str, ...]], list[Person]] = {}
    for person in people:
        own = (browsers or {}).get(person.id, {})
        addresses = (*person.addresses.items(), *((KIND, address) for address in own.values()))
        for why, kinds in _gaps(person, addresses, senders, opted_out):
            found.setdefault((group_of(person), why, kinds), []).append(person)
    ordered = sorted(found.items(), key=lambda item: (GROUPS.index(item[0][0]), item[0]))
    return [ReachGap(group, why, tuple(who), "emergency", kinds) for (group, why, kinds), who in ordered]


def _gaps(
    person: Person,
    addresses: Sequence[tuple[str, str]],
    senders: Mapping[str, Sequence[tuple[str, str]]],
    opted_out: Collection[tuple[str, str, str]],
) -> Iterable[tuple[str, tuple[str, ...]]]:
    if not addresses:
        yield "no_address", ()
        return
    ways = [(kind, address, *way) for kind, address in addresses for way in senders.get(kind, ())]
    if not ways:
        yield "no_sender", tuple(sorted({kind for kind, _ in addresses}))
        return
    open_ways = [way for way in ways if way[:3] not in opted_out]
    if not open_ways:
        yield "opted_out", ()
        return
    lines = tuple(sorted({line for *_, line in open_ways}))
    if "police" in person.roles and len(lines) < LEAST_LINES:
        yield "one_line", lines


def by_kind(
    people: Iterable[Person],
    senders: Mapping[str, Sequence[tuple[str, str]]],
    browsers: Collection[str] = frozenset(),
) -> list[dict[str, object]]:
    """For each group and kind of address: how many people, and how many of them that kind cannot reach.

    `browsers`: who has registered one; whoever is written to by push is written to there as well.
    """
    everybody: dict[str, list[Person]] = {}
    for person in people:
        everybody.setdefault(group_of(person), []).append(person)
    found: list[dict[str, object]] = []
    for group in GROUPS:
        own = everybody.get(group, ())
        for kind in ("push", "sms", "email", "voice"):
            have = {one.id for one in own if kind in one.addresses}
            reached = have if senders.get(kind) else set()
            if kind == WITH and senders.get(KIND):
                reached = reached | {one.id for one in own if one.id in browsers}
            if own and (have or reached or senders.get(kind)):
                found.append(
                    {"group": group, "kind": kind, "people": len(own), "out_of_reach": len(own) - len(reached)}
                )
    return found
