"""contacts/*.csv: a table with one person a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.contact_list import AGREEMENT_COLUMNS, COLUMNS, Contacts
from notifier.files.plain_words import nearest
from notifier.files.positions import MOST_FAULTS, Place, decode
from notifier.files.rules import Rule

OTHER_SEPARATOR = (
    "Save it with commas between the columns, and ; only inside a list. Or move it out of contacts/ and bring it in "
    "as it is: notifier contacts import FILE."
)
LARGEST_CONTACTS = 32_000_000
"""Bytes. 100,000 people take 10 MB."""


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


def read_csv(contacts: Contacts, file: str, raw: bytes, site: str) -> None:
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
            if not any(map(str.strip, fields)):
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
            contacts.faults.append(rule.on(file, line, 1, text, OTHER_SEPARATOR))
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
    contacts.add(row, cells, site)


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
