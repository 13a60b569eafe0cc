"""contacts/*.csv and contacts/*.yaml to people, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping

from notifier.files import rules
from notifier.files.contact_list import Contacts
from notifier.files.contacts_csv import read_csv
from notifier.files.contacts_yaml import read_contacts_yaml
from notifier.files.positions import MOST_FAULTS

READERS = {".csv": read_csv, ".yaml": read_contacts_yaml}


def read_contacts(files: Mapping[str, bytes], site: str) -> Contacts:
    """Every person of the contacts among `files`, as people of `site` (empty: nobody knows which it is)."""
    contacts = Contacts()
    for file in sorted(name for name in files if name.startswith("contacts/")):
        reader = next((reader for ending, reader in READERS.items() if file.endswith(ending)), None)
        if reader is None:
            continue
        before = len(contacts.faults)
        reader(contacts, file, files[file], site)
        del contacts.faults[before + MOST_FAULTS :]
    _warn_of_shared_numbers(contacts)
    return contacts


def _warn_of_shared_numbers(contacts: Contacts) -> None:
    owners: dict[tuple[str, str], str] = {}
    for person in contacts.people.values():
        for kind in ("sms", "push"):
            if not (address := person.addresses.get(kind)):
                continue
            first = owners.setdefault((kind, address), person.id)
            if first != person.id:
                text = f"{person.name} has the same {kind} address as {contacts.people[first].name}."
                row = contacts.rows[person.id]
                advice = "An answer from it counts for the one who was asked last; give each their own."
                contacts.faults.append(row.fault(rules.CONTACT_SHARED, kind, text, advice))
