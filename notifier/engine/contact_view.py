"""The published people: found by words, shown with what reaches each, and whom nothing reaches. Read-only."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from notifier.engine.browsers import KIND
from notifier.engine.contact_check import checks_of
from notifier.engine.desk import Desk
from notifier.engine.playbook_run import steps_of
from notifier.engine.scene import Scene
from notifier.errors import NotFound
from notifier.interfaces import Ledger
from notifier.model.incident import incident_code
from notifier.model.people import Person, masked
from notifier.model.step import Phase

MOST_NAMED = 50
"""People of a gap who are named; the number says how many there are."""

ONLY: dict[str, Callable[[Person, frozenset[str]], bool]] = {
    "staff": lambda person, _paths: person.on_site,
    "outside": lambda person, _paths: not person.on_site,
    "agencies": lambda person, _paths: person.agency,
    "unreached": lambda _person, paths: not paths,
    "one_path": lambda _person, paths: len(paths) == 1,
}
"""By the kinds of address at which something reaches them."""


class ContactView:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self._known: tuple[int, _Known] | None = None

    def found(self, search: str, having: Mapping[str, str], limit: int, after: str | None) -> dict[str, Any]:
        """May be called beside the loop: it reads nothing but what is held in memory."""
        held, kinds = self._desk.held, self._kinds()
        if self._known is None or self._known[0] != held.version:
            self._known = (held.version, _Known(held.everybody))
        known = self._known[1]
        words = folded(search).split()
        only = ONLY.get(having.get("only", ""))
        group, role, language = (having.get(name, "") for name in ("group", "role", "language"))
        matching = [
            person
            for text, person in known.people
            if (not group or group in person.groups)
            and (not role or role in person.roles)
            and (not language or person.language == language)
            and (only is None or only(person, self._paths(person, kinds)))
            and (not words or all(word in text for word in words))
        ]
        start = int(after) if after and after.isdecimal() and len(after) < 9 else 0
        end = start + limit
        return {
            "items": [self._brief(person, kinds) for person in matching[start:end]],
            "next": str(end) if end < len(matching) else None,
            "start": start,
            "total": len(matching),
            "everybody": len(held.everybody),
            **known.counts,
        }

    def one(self, name: str) -> dict[str, Any]:
        person = self._desk.held.people.get(name)
        if person is None:
            raise NotFound("Nobody of that id is published; the list of people has everybody.")
        gone = {(row["kind"], row["address"]) for row in self._ledger.read("opt_outs", site=self._desk.site)}
        ways = [
            {
                "kind": kind,
                "address": masked(address),
                "senders": list(self._desk.senders_for(kind)),
                "opted_out": (kind, address) in gone,
            }
            for kind, address in person.addresses.items()
        ]
        agreement = person.agreement
        return {
            **self._brief(person, self._kinds()),
            "ways": ways,
            "checks": checks_of(self._desk, self._ledger, name),
            "agreement": None
            if agreement is None
            else {
                "who": agreement.who,
                "date": agreement.date.isoformat(),
                "last_tested": agreement.last_tested.isoformat() if agreement.last_tested else None,
            },
        }

    def reach(self) -> dict[str, Any]:
        """Who cannot be reached: by no sender, by one kind only, and in each step that writes to people."""
        held, kinds = self._desk.held, self._kinds()
        paths = [(person, self._paths(person, kinds)) for person in held.everybody]
        unreached = [person for person, own in paths if not own]
        one_path = sum(len(own) == 1 for _, own in paths)
        steps = []
        for playbook in held.playbooks.values():
            at = self._desk.moment()
            for phase in Phase:
                scene = Scene(
                    held=held, playbook=playbook, incident="reach", code=incident_code("reach"), run=0, phase=phase,
                    zone=None, drill=False, now=at.now, wall=at.wall, node=self._desk.node, clock_time=at.clock_time,
                )  # fmt: skip
                for step in steps_of(scene):
                    if step.notify is None:
                        continue
                    people = self._desk.people(scene, step.notify.to)
                    audience = self._desk.audience(scene, people, step.notify.by)
                    steps.append(
                        {
                            "playbook": playbook.title,
                            "phase": str(phase),
                            "step": step.id,
                            "by": list(step.notify.by),
                            "purpose": str(step.notify.purpose),
                            "people": len(people),
                            "unreached": len(audience.unreachable),
                            "names": [held.people[each].name for each in audience.unreachable[:MOST_NAMED]],
                            "opted_out": len(audience.opted_out),
                        }
                    )
        return {
            "everybody": len(held.everybody),
            "unreached": len(unreached),
            "names": [person.name for person in unreached[:MOST_NAMED]],
            "one_path": one_path,
            "kinds": {kind: list(self._desk.senders_for(kind)) for kind in sorted(kinds)},
            "steps": steps,
        }

    def _brief(self, person: Person, kinds: frozenset[str]) -> dict[str, Any]:
        rooms = self._desk.held.rooms
        room = rooms[person.room].name or person.room if person.room in rooms else person.room
        return {
            "id": person.id, "name": person.name, "room": room, "roles": sorted(person.roles),
            "groups": sorted(person.groups), "language": person.language, "on_site": person.on_site,
            "agency": person.agency, "addresses": {kind: masked(each) for kind, each in person.addresses.items()},
            "reached_by": sorted(self._paths(person, kinds)),
        }  # fmt: skip

    def _paths(self, person: Person, kinds: frozenset[str]) -> frozenset[str]:
        """At which kinds of address something reaches them, the browsers that they registered among them."""
        own = frozenset(person.addresses) | ({KIND} if self._desk.browsers.of(person.id) else frozenset())
        return kinds & own

    def _kinds(self) -> frozenset[str]:
        """The kinds of addresses that a sender is set up for."""
        return frozenset(channel.address_kind for channel in self._desk.gear.channels.values())


class _Known:
    """Everybody of one version by name, each with the words that they are found by, and how many are in what."""

    def __init__(self, everybody: tuple[Person, ...]) -> None:
        self.people = sorted(
            ((_searched(person), person) for person in everybody), key=lambda each: (each[0], each[1].id)
        )
        self.counts = {
            "groups": dict(sorted(Counter(each for one in everybody for each in one.groups).items())),
            "roles": dict(sorted(Counter(each for one in everybody for each in one.roles).items())),
            "languages": dict(sorted(Counter(one.language for one in everybody).items())),
        }


def folded(text: str) -> str:
    """Without case and accents, as people type a name that they look for."""
    if text.isascii():
        return text.casefold()
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


def _searched(person: Person) -> str:
    return f"{folded(person.name)} {person.id} {person.room or ''} {' '.join(person.groups)} {' '.join(person.roles)}"
