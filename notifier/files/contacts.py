"""contacts/*.csv to people, every fault at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from sys import intern

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.contact_addresses import READERS
from notifier.files.plain_words import nearest
from notifier.files.positions import MOST_FAULTS, Place, decode
from notifier.files.rules import Rule
from notifier.model.people import ADDRESS_KINDS, OUTSIDE_ROLES, Agreement, Person

COLUMNS = ("id", "name", "site", "room", "roles", "groups", "language", "on_site", "sms", "push", "email", "voice")
AGREEMENT_COLUMNS = ("agreement_who", "agreement_date", "agreement_tested")
LARGEST_CONTACTS = 32_000_000
OUTSIDE_GROUPS = frozenset({"guardians", "guardian", "parents", "families"})
"""Members are outside unless `on_site` says otherwise."""

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Where a person stands, to the column."""

    file: str
    line: int
    raw: str
    columns: Mapping[str, int]

    def place(self, column: str) -> Place:
        return self.line, _column_of(self.raw, self.columns.get(column, 0))

    def fault(self, rule: Rule, column: str, text: str, advice: str) -> Fault:
        return rule.on(self.file, *self.place(column), text, advice)


@dataclass(slots=True)
class Contacts:
    """Everybody who could be read, where each stands, and the faults."""

    people: dict[str, Person] = field(default_factory=dict)
    rows: dict[str, ContactRow] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def default_on_site(roles: frozenset[str], groups: frozenset[str]) -> bool:
    """False for police, EMS, fire, dispatch, district and guardians; true for everybody else (PRODUCT 5)."""
    return not (roles & OUTSIDE_ROLES or groups & OUTSIDE_GROUPS)


def read_contacts(files: Mapping[str, bytes], site: str) -> Contacts:
    """Every person of the CSV files among `files`, as people of `site` (empty: nobody knows which it is)."""
    contacts = Contacts()
    for file in sorted(name for name in files if name.startswith("contacts/") and name.endswith(".csv")):
        before = len(contacts.faults)
        _read_file(contacts, file, files[file], site)
        del contacts.faults[before + MOST_FAULTS :]
    _warn_of_shared_numbers(contacts)
    return contacts


def _read_file(contacts: Contacts, file: str, raw: bytes, site: str) -> None:
    text, faults = decode(file, raw, LARGEST_CONTACTS)
    contacts.faults += faults
    if faults or not text.strip():
        if not faults:
            contacts.faults.append(
                rules.CONTACT_HEADER.on(file, 1, 1, "The file is empty.", f"Begin with: {','.join(COLUMNS)}")
            )
        return
    lines = text.splitlines()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: dict[str, int] | None = None
    start = 1
    try:
        for fields in reader:
            row_line, start = start, reader.line_num + 1
            shown = lines[row_line - 1] if row_line <= len(lines) else ""
            if not any(cell.strip() for cell in fields):
                continue
            if columns is None:
                columns = _header(contacts, file, row_line, shown, fields)
                if columns is None:
                    return
                continue
            if len(contacts.faults) < MOST_FAULTS * 2:
                _read_row(contacts, ContactRow(file, row_line, shown, columns), fields, site)
    except csv.Error as error:
        why = f"This line cannot be read as CSV: {error}."
        contacts.faults.append(rules.CONTACT_ROW.on(file, start, 1, why, 'Check its quotes: "…" around a whole field.'))


def _header(contacts: Contacts, file: str, line: int, raw: str, fields: Sequence[str]) -> dict[str, int] | None:
    names = [cell.strip().lower() for cell in fields]
    rule, known = rules.CONTACT_HEADER, (*COLUMNS, *AGREEMENT_COLUMNS)
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and separator in names[0]:
            text = f"The columns are separated by {word}; commas are needed."
            contacts.faults.append(
                rule.on(file, line, 1, text, "Save it as comma separated; lists inside a field use ;")
            )
            return None
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        place = (line, _column_of(raw, index))
        if name in columns:
            contacts.faults.append(rule.on(file, *place, f"The column `{name}` stands twice.", "Keep one of the two."))
        elif name not in known:
            contacts.faults.append(
                rule.on(file, *place, f"The column `{name[:40]}` is not known.", nearest(name, known))
            )
        columns.setdefault(name, index)
    for name in ("id", "name"):
        if name not in columns:
            text = f"The column `{name}` is missing."
            contacts.faults.append(rule.on(file, line, 1, text, f"The first line is: {','.join(COLUMNS)}"))
            return None
    return columns


def _read_row(contacts: Contacts, row: ContactRow, fields: Sequence[str], site: str) -> None:
    if len(fields) != len(row.columns):
        text = f"This line has {len(fields)} fields; the first line has {len(row.columns)}."
        advice = 'Put a field with a comma in it in "quotes"; add or remove commas.'
        contacts.faults.append(row.fault(rules.CONTACT_ROW, "id", text, advice))
        return
    cells = {name: fields[index].strip() for name, index in row.columns.items()}
    own = _RowReader(row, cells, contacts.faults)
    person_id = own.person_id()
    if person_id is None:
        return
    if person_id in contacts.rows:
        first = contacts.rows[person_id]
        text = f"`{person_id}` is somebody else already ({first.file}, line {first.line})."
        contacts.faults.append(row.fault(rules.CONTACT_ID, "id", text, "Give each person an id of their own."))
        return
    contacts.rows[person_id] = row
    contacts.people[person_id] = own.person(person_id, site)


class _RowReader:
    """Reads the cells of one line; says each fault at its own column."""

    def __init__(self, row: ContactRow, cells: Mapping[str, str], faults: list[Fault]) -> None:
        self._row, self._cells, self._faults = row, cells, faults

    def person_id(self) -> str | None:
        written = self._cells["id"]
        if _ID.fullmatch(written):
            return written
        text = f"`{written[:64]}` cannot be an id." if written else "This person has no id."
        self._say(rules.CONTACT_ID, "id", text, "Use lower case letters, digits, - and _, like `ada-lopez`.")
        return None

    def person(self, person_id: str, site: str) -> Person:
        roles, groups = self._words("roles"), self._words("groups")
        person = Person(
            id=person_id,
            name=self._name(person_id),
            site=site,
            room=self._cells.get("room") or None,
            roles=roles,
            groups=groups,
            language=self._language(),
            on_site=self._on_site(roles, groups),
            addresses=self._addresses(),
            agreement=self._agreement(),
        )
        if (own_site := self._cells.get("site", "")) and site and own_site != site:
            text = f"`{own_site[:64]}` is not this site (`{site}`)."
            self._say(rules.CONTACT_SITE, "site", text, f"Write {site} or leave it empty.")
        if not person.addresses and not any(self._cells.get(kind) for kind in ADDRESS_KINDS):
            self._say(
                rules.CONTACT_NO_ADDRESS, "id", f"{person.name} has no address.", "Add sms, push, email or voice."
            )
        if person.agency and person.agreement is None:
            text = f"{person.name} is an agency address without an agreement."
            advice = "Say who agreed and when: agreement_who, agreement_date, agreement_tested."
            self._say(rules.AGENCY_AGREEMENT, "roles", text, advice)
        return person

    def _name(self, person_id: str) -> str:
        name = self._cells["name"]
        if not name or len(name) > LONGEST_NAME:
            text = "This person has no name." if not name else f"The name has {len(name)} letters."
            self._say(rules.CONTACT_VALUE, "name", text, f"Write a name of at most {LONGEST_NAME} letters.")
        return name[:LONGEST_NAME] or person_id

    def _words(self, column: str) -> frozenset[str]:
        words = [word.strip().lower() for word in self._cells.get(column, "").split(";") if word.strip()]
        for word in words:
            if not _ID.fullmatch(word):
                text = f"`{word[:64]}` cannot be one of {column}."
                self._say(rules.CONTACT_VALUE, column, text, "Use letters, digits, - and _; put ; between several.")
        return _shared(frozenset(word for word in words if _ID.fullmatch(word)))

    def _language(self) -> str:
        written = self._cells.get("language", "") or "en"
        if _LANGUAGE.fullmatch(written):
            return intern(written)
        self._say(
            rules.CONTACT_VALUE, "language", f"`{written[:40]}` is not a language.", "Use two letters, like en or es."
        )
        return "en"

    def _on_site(self, roles: frozenset[str], groups: frozenset[str]) -> bool:
        written = self._cells.get("on_site", "").lower()
        if written and written not in _YES:
            self._say(
                rules.CONTACT_VALUE, "on_site", f"on_site is `{written[:40]}`.", "Write yes, no, or leave it empty."
            )
        return _YES.get(written, default_on_site(roles, groups))

    def _addresses(self) -> dict[str, str]:
        addresses = {}
        for kind in ADDRESS_KINDS:
            if not (written := self._cells.get(kind, "")):
                continue
            address, wrong, advice = READERS[kind](written)
            if wrong:
                emergency = "emergency number" in wrong
                self._say(rules.EMERGENCY_NUMBER if emergency else rules.CONTACT_ADDRESS, kind, wrong, advice)
            else:
                addresses[kind] = address
        return addresses

    def _agreement(self) -> Agreement | None:
        who, when = self._cells.get("agreement_who", ""), self._date("agreement_date")
        tested = self._date("agreement_tested")
        if who and when:
            return Agreement(who, when, tested)
        if who or when or tested:
            missing = "agreement_date" if who else "agreement_who"
            self._say(rules.CONTACT_VALUE, missing, "An agreement needs both who and date.", f"Fill in {missing}.")
        return None

    def _date(self, column: str) -> date | None:
        written = self._cells.get(column, "")
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self._say(rules.CONTACT_VALUE, column, f"`{written[:40]}` is not a date.", "Write it like 2026-10-01.")
            return None

    def _say(self, rule: Rule, column: str, text: str, advice: str) -> None:
        self._faults.append(self._row.fault(rule, column, text, advice))


@lru_cache(maxsize=1024)
def _shared(words: frozenset[str]) -> frozenset[str]:
    """One set for all who have the same: of 100,000 guardians each would bring 430 bytes of its own."""
    return words


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


def _column_of(raw: str, index: int) -> int:
    """Column (from 1) at which field `index` of a CSV line begins."""
    column, quoted, at = 1, False, 0
    for place, letter in enumerate(raw, 1):
        if at == index:
            break
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            at, column = at + 1, place + 1
    return column if at == index else 1
