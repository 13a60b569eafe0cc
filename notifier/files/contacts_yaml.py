"""contacts/*.yaml: people as a list, for those who keep them with the site file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notifier.errors import Fault
from notifier.files.contact_list import Contacts
from notifier.files.plain_words import faults_of
from notifier.files.positions import MOST_FAULTS, Document, Path, Place, read_yaml
from notifier.files.rules import Rule


class WrittenAgreement(BaseModel):
    """That an agency agreed to be messaged."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    who: str
    date: str
    last_tested: str | None = None


class WrittenContact(BaseModel):
    """One person, as an administrator writes them; the same fields as the columns of a CSV."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    name: str
    site: str = ""
    room: str = ""
    roles: list[str] = []
    groups: list[str] = []
    language: str = ""
    on_site: bool | None = None
    sms: str = ""
    push: str = ""
    email: str = ""
    voice: str = ""
    chat: str = ""
    """The name of a hook of a chat sender; such an entry is a room of people, not a person."""
    consent: bool | list[str] = []
    """Routine messages: true for every address, or kinds such as [sms, email]."""
    agreement: WrittenAgreement | None = None


class WrittenContacts(BaseModel):
    """A contacts file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    contacts: list[WrittenContact] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """Where a person stands: an entry of the list."""

    document: Document
    path: Path

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def line(self) -> int:
        return self.document.place(self.path)[0]

    def place(self, column: str) -> Place:
        return self.document.place((*self.path, *_path_of(column)))

    def fault(self, rule: Rule, column: str, text: str, advice: str) -> Fault:
        return rule.on(self.file, *self.place(column), text, advice)


def read_contacts_yaml(contacts: Contacts, file: str, raw: bytes, site: str) -> None:
    document, faults = read_yaml(file, raw)
    contacts.faults += faults
    if document is None:
        return
    said = {(fault.line, fault.column) for fault in faults}
    for path, entry in _entries(document.data):
        try:
            person = WrittenContact.model_validate(entry)
        except ValidationError as error:
            found = faults_of(error, document, WrittenContact, path)
            contacts.faults += [one for one in found if (one.line, one.column) not in said]
        else:
            contacts.add(ContactEntry(document, path), _cells(person), site)
        if len(contacts.faults) > MOST_FAULTS:
            return
    shape = {"contacts": [_ANYBODY]} if _entries(document.data) else document.data
    try:
        WrittenContacts.model_validate(shape if not isinstance(document.data, dict) else {**document.data, **shape})
    except ValidationError as error:
        contacts.faults += faults_of(error, document, WrittenContacts)


_ANYBODY = {"id": "a", "name": "A"}
"""Stands for the entries, each of which has been read for itself: one fault hides nobody else."""


def _entries(data: Any) -> Sequence[tuple[Path, Any]]:
    written = data.get("contacts") if isinstance(data, Mapping) else None
    return [(("contacts", index), entry) for index, entry in enumerate(written)] if isinstance(written, list) else []


def _cells(person: WrittenContact) -> dict[str, str]:
    """As a line of the CSV would say it, so that both are read by one set of rules."""
    cells = {kind: getattr(person, kind).strip() for kind in ("id", "name", "site", "room", "language")}
    cells |= {kind: getattr(person, kind).strip() for kind in ("sms", "push", "email", "voice", "chat")}
    cells |= {"roles": ";".join(person.roles), "groups": ";".join(person.groups)}
    cells["on_site"] = "" if person.on_site is None else ("yes" if person.on_site else "no")
    said = person.consent
    cells["consent"] = ("yes" if said else "no") if isinstance(said, bool) else ";".join(said)
    if person.agreement is not None:
        cells |= {
            "agreement_who": person.agreement.who,
            "agreement_date": person.agreement.date,
            "agreement_tested": person.agreement.last_tested or "",
        }
    return cells


def _path_of(column: str) -> Path:
    if column.startswith("agreement_"):
        return "agreement", {"tested": "last_tested"}.get(column[10:], column[10:])
    return (column,)
