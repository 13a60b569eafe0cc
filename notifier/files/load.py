"""A set of files to the model: what could be read, and every fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from notifier.clock import SystemClock
from notifier.errors import Fault, SetupError
from notifier.files.catalogue import AdapterCatalogue
from notifier.files.check_addresses import check_addresses
from notifier.files.check_messages import check_messages
from notifier.files.check_playbooks import check_playbooks
from notifier.files.check_purposes import check_purposes
from notifier.files.check_site import check_site, check_size
from notifier.files.check_triggers import check_triggers
from notifier.files.check_watching import check_watching
from notifier.files.contact_list import Contacts
from notifier.files.contacts import read_contacts, without_whom
from notifier.files.plain_words import faults_of
from notifier.files.positions import Document, read_yaml
from notifier.files.publishing import stamp
from notifier.files.reading import Reading
from notifier.files.rules import (
    CONTACT_HEADER,
    PLAYBOOK_ID,
    PLAYBOOK_SIZE,
    POLICE_ONE_UPLINK,
    STEP_APPROVE,
    STEP_NAMES_NOTHING,
    STEP_NO_ADDRESS,
    STEP_NO_AUDIENCE,
    STEP_SELECTOR,
)
from notifier.model.people import Person
from notifier.model.playbook import Playbook
from notifier.model.settings import Sender
from notifier.model.site import Site

M = TypeVar("M", bound=BaseModel)

SITE_FILE = "site.yaml"
LISTS = ("steps", "all_clear", "correction")
MOST_STEPS = 200
"""In one list of a playbook. The shipped ones have seven."""


UNREAD = ("", CONTACT_HEADER.name)
"""Rules of faults for which a contacts file was not read, or not all of it."""
OF_PEOPLE = frozenset(
    rule.name
    for rule in (STEP_NO_AUDIENCE, STEP_NAMES_NOTHING, STEP_SELECTOR, STEP_NO_ADDRESS, STEP_APPROVE, POLICE_ONE_UPLINK)
)
"""Rules that say nothing new while people are missing: a hundred lines about one wrong heading hide the heading."""


@dataclass(frozen=True)
class Loaded:
    """One set of files as the model sees it."""

    site: Site
    playbooks: dict[str, Playbook]
    """By id; those with faults of form are missing here and named in `faults`."""
    people: dict[str, Person]
    faults: tuple[Fault, ...]
    """In the order of files and lines."""
    sha: str
    """The stamp of the files' content (`publishing.stamp`)."""
    playbook_in: dict[str, str] = field(default_factory=dict)
    """Path of a file to the id of the playbook in it."""

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")

    @property
    def warnings(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level != "error")


def load(
    files: Mapping[str, bytes],
    adapters: AdapterCatalogue,
    senders: Mapping[str, Sender],
    today: date | None = None,
    allow_addresses: Sequence[str] | None = None,
    contacts: Contacts | None = None,
) -> Loaded:
    """Read and check everything; `today` is for tests, `allow_addresses` what the node's settings allow, if known.
    `contacts`: what these files' contacts were read as before, for 100,000 people take seconds.

    Raises SetupError with every fault found only if there is no site to speak of; otherwise faults are in the result,
    and only somebody who publishes refuses them.
    """
    faults: list[Fault] = []
    site, site_document = _read(files, SITE_FILE, Site, faults)
    contacts = contacts or read_contacts(files, site.site if site else "")
    faults += contacts.faults
    playbooks, documents, unread = _read_playbooks(files, faults)
    if site is None or site_document is None:
        if SITE_FILE not in files:
            advice = "Copy deploy/site.example.yaml, or type: notifier init DIR."
            faults.append(Fault(SITE_FILE, 1, 1, "The site file is missing.", advice))
        raise SetupError(sorted(set(faults)))
    day = today or SystemClock().wall().date()
    reading = Reading(
        files,
        site,
        site_document,
        contacts,
        adapters,
        senders,
        day,
        allow_addresses,
        playbooks,
        documents,
        unread_playbooks=unread,
    )
    faults += check_size(reading) or [
        *check_site(reading),
        *check_addresses(reading),
        *check_triggers(reading),
        *check_watching(reading),
        *check_playbooks(reading),
        *check_purposes(reading),
        *check_messages(reading),
    ]
    nobody = any(fault.rule == STEP_NO_AUDIENCE.name for fault in faults)
    missing = without_whom(contacts) if nobody and not any(fault.level == "error" for fault in contacts.faults) else []
    faults += missing
    if any(fault.level == "error" and fault.rule in UNREAD for fault in [*contacts.faults, *missing]):
        faults = [fault for fault in faults if fault.rule not in OF_PEOPLE]
    where = {document.file: name for name, document in documents.items()}
    return Loaded(site, playbooks, contacts.people, tuple(sorted(set(faults))), stamp(files), where)


def read_again(files: Mapping[str, bytes], people: Mapping[str, Person]) -> Loaded:
    """A set that holds and whose people are read already. Raises SetupError if it does not."""
    faults: list[Fault] = []
    site, _document = _read(files, SITE_FILE, Site, faults)
    playbooks, documents, unread = _read_playbooks(files, faults)
    if site is None or unread:
        raise SetupError(sorted(set(faults)))
    where = {document.file: name for name, document in documents.items()}
    return Loaded(site, playbooks, dict(people), tuple(faults), stamp(files), where)


def _read_playbooks(
    files: Mapping[str, bytes], faults: list[Fault]
) -> tuple[dict[str, Playbook], dict[str, Document], bool]:
    """(playbooks by id, their documents, whether some could not be read)."""
    playbooks: dict[str, Playbook] = {}
    documents: dict[str, Document] = {}
    unread = False
    for path in sorted(name for name in files if name.startswith("playbooks/") and name.endswith(".yaml")):
        playbook, document = _read(files, path, Playbook, faults)
        if playbook is None or document is None:
            unread = True
            continue
        longest = max(LISTS, key=lambda part: len(getattr(playbook, part)))
        if (count := len(getattr(playbook, longest))) > MOST_STEPS:
            text = f"{longest} has {count:,} steps; at most {MOST_STEPS}."
            faults.append(PLAYBOOK_SIZE.at(document, (longest,), text, "Split the playbook."))
            unread = True
            continue
        if playbook.playbook in playbooks:
            text = f"`{playbook.playbook}` is the id of {documents[playbook.playbook].file} already."
            faults.append(PLAYBOOK_ID.at(document, ("playbook",), text, "Give each playbook an id of its own."))
            continue
        playbooks[playbook.playbook], documents[playbook.playbook] = playbook, document
    return playbooks, documents, unread


def _read(
    files: Mapping[str, bytes], path: str, model: type[M], faults: list[Fault]
) -> tuple[M | None, Document | None]:
    if path not in files:
        return None, None
    document, found = read_yaml(path, files[path])
    faults += found
    if document is None:
        return None, None
    try:
        return model.model_validate(document.data), document
    except ValidationError as error:
        guessed = {(fault.line, fault.column) for fault in found}
        faults += [one for one in faults_of(error, document, model) if (one.line, one.column) not in guessed]
        return None, document
