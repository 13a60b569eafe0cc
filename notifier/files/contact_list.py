"""Everybody of a school's contacts files, where each stands, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.contact_person import ContactPlace, PersonReader
from notifier.model.people import Person

COLUMNS = (
    "id",
    "name",
    "site",
    "room",
    "roles",
    "groups",
    "language",
    "on_site",
    "sms",
    "push",
    "email",
    "voice",
    "chat",
    "consent",
)
AGREEMENT_COLUMNS = ("agreement_who", "agreement_date", "agreement_tested")


@dataclass(slots=True)
class Contacts:
    """Everybody who could be read, where each stands, and the faults."""

    people: dict[str, Person] = field(default_factory=dict)
    rows: dict[str, ContactPlace] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, place: ContactPlace, cells: Mapping[str, str], site: str) -> None:
        """Take in the person written at `place`; an id that somebody has already is a fault."""
        own = PersonReader(place, cells, self.faults)
        person_id = own.person_id()
        if person_id is None:
            return
        if person_id in self.rows:
            first = self.rows[person_id]
            text = f"`{person_id}` is somebody else already ({first.file}, line {first.line})."
            self.faults.append(place.fault(rules.CONTACT_ID, "id", text, "Give each person an id of their own."))
            return
        self.rows[person_id] = place
        self.people[person_id] = own.person(person_id, site)
