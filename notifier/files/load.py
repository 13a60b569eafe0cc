"""A set of files to the model: what could be read, and every fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from notifier.clock import SystemClock
from notifier.errors import Fault, SetupError
from notifier.files.catalogue import AdapterCatalogue
from notifier.files.contacts import Contacts, read_contacts
from notifier.files.plain_words import faults_of
from notifier.files.positions import Document, read_yaml
from notifier.files.publishing import stamp
from notifier.model.people import Person
from notifier.model.playbook import Playbook
from notifier.model.settings import Sender
from notifier.model.site import Site

M = TypeVar("M", bound=BaseModel)

SITE_FILE = "site.yaml"


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

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level == "error")

    @property
    def warnings(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.level != "error")


@dataclass(slots=True)
class Reading:
    """Everything that was read, with its places: what the checks are handed."""

    files: Mapping[str, bytes]
    site: Site
    site_document: Document
    contacts: Contacts
    adapters: AdapterCatalogue
    senders: Mapping[str, Sender]
    today: date
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    """By playbook id."""


def load(
    files: Mapping[str, bytes],
    adapters: AdapterCatalogue,
    senders: Mapping[str, Sender],
    today: date | None = None,
) -> Loaded:
    """Read and check everything; `today` is for tests.

    Raises SetupError with every fault found only if there is no site to speak of; otherwise faults are in the result,
    and only somebody who publishes refuses them.
    """
    faults: list[Fault] = []
    site, site_document = _read(files, SITE_FILE, Site, faults)
    contacts = read_contacts(files, site.site if site else "")
    faults += contacts.faults
    playbooks, documents = _read_playbooks(files, faults)
    if site is None or site_document is None:
        if SITE_FILE not in files:
            advice = "Copy deploy/site.example.yaml, or type: notifier init DIR."
            faults.append(Fault(SITE_FILE, 1, 1, "The site file is missing.", advice))
        raise SetupError(sorted(set(faults)))
    reading = Reading(
        files,
        site,
        site_document,
        contacts,
        adapters,
        senders,
        today or SystemClock().wall().date(),
        playbooks,
        documents,
    )
    faults += _check(reading)
    return Loaded(site, playbooks, contacts.people, tuple(sorted(set(faults))), stamp(files))


def _check(reading: Reading) -> list[Fault]:
    return []


def _read_playbooks(files: Mapping[str, bytes], faults: list[Fault]) -> tuple[dict[str, Playbook], dict[str, Document]]:
    playbooks: dict[str, Playbook] = {}
    documents: dict[str, Document] = {}
    for path in sorted(name for name in files if name.startswith("playbooks/") and name.endswith(".yaml")):
        playbook, document = _read(files, path, Playbook, faults)
        if playbook is None or document is None:
            continue
        if playbook.playbook in playbooks:
            first = documents[playbook.playbook].file
            text = f"`{playbook.playbook}` is the id of {first} already."
            line, column = document.place(("playbook",))
            faults.append(Fault(path, line, column, text, "Give each playbook an id of its own."))
            continue
        playbooks[playbook.playbook], documents[playbook.playbook] = playbook, document
    return playbooks, documents


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
        faults += faults_of(error, document, model)
        return None, document
