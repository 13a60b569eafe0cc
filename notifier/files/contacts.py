"""contacts/*.csv and contacts/*.yaml to people, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.contact_list import Contacts
from notifier.files.contacts_csv import ContactRow, read_csv
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


def without_whom(contacts: Contacts) -> list[Fault]:
    """The one cause, if nobody can be found because there is nobody, or no column that says who belongs where."""
    if not contacts.people:
        advice = "Put a table there, contacts/people.csv, with the columns id, name, roles, groups, sms, push, email."
        return [rules.CONTACT_HEADER.on("contacts", 1, 1, "There is nobody in contacts/, so nobody is told.", advice)]
    lost: dict[str, int] = {}
    for person in contacts.people.values():
        row = contacts.rows.get(person.id)
        if isinstance(row, ContactRow) and "groups" not in row.columns and not person.roles:
            lost[row.file] = lost.get(row.file, 0) + 1
    advice = "Add the column, with staff or guardians in it; people with a role (police, district) need no group."
    return [
        rules.CONTACT_HEADER.on(
            file, 1, 1, f"The column `groups` is missing: {count:,} of its people are in no group.", advice
        )
        for file, count in lost.items()
    ]


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
