"""One person of a contacts file changed, added or taken out; every other line stays as it is written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.errors import Fault
from notifier.files.contact_list import AGREEMENT_COLUMNS, COLUMNS, Contacts
from notifier.files.contact_person import PersonReader
from notifier.files.contacts import read_contacts
from notifier.files.positions import Place, read_yaml
from notifier.files.rules import Rule

HANDMADE = "contacts/people.csv"
"""Where a new person is written if no file is named."""
FIELDS = (*COLUMNS, *AGREEMENT_COLUMNS)
_FORMULA = re.compile(r"[=@+\-\t\r]")
FORMULA = "A spreadsheet would take this for a formula: it begins with {sign}. Begin with a letter."


@dataclass(slots=True)
class _Typed:
    """A place that is no file: a form. Remembers each fault by its column."""

    said: dict[str, str] = field(default_factory=dict)
    file: str = "form"
    line: int = 1

    def place(self, column: str) -> Place:
        return 1, 1

    def fault(self, rule: Rule, column: str, text: str, advice: str) -> Fault:
        fault = rule.on(self.file, 1, 1, text, advice)
        if (
            fault.level == "error"
        ):  # readiness says the rest: a number that is missing today must not stop a mended name
            self.said.setdefault(column, f"{text} {advice}".strip())
        return fault


def faults_in(cells: Mapping[str, str], site: str) -> dict[str, str]:
    """Column to what is wrong with what was typed there, by the rules of the contacts files."""
    typed = _Typed()
    reader = PersonReader(typed, {**dict.fromkeys(FIELDS, ""), **cells}, [])
    reader.person(reader.person_id() or "x", site)
    for column in ("name", "room", "agreement_who", "language"):
        written = cells.get(column, "")
        if _FORMULA.match(written):
            typed.said[column] = FORMULA.format(sign=repr(written[0]))
        elif "\n" in written:
            typed.said[column] = "Write it in one line."
    return typed.said


def found(files: Mapping[str, bytes], person: str) -> tuple[str, dict[str, str]] | None:
    """(path, cells) of a person as written; None if nobody has that id."""
    for path in sorted(files):
        if not path.startswith("contacts/"):
            continue
        cells = _csv_cells(files[path], person) if path.endswith(".csv") else _yaml_cells(files[path], person)
        if cells is not None:
            return path, cells
    return None


def ids(files: Mapping[str, bytes]) -> frozenset[str]:
    contacts: Contacts = read_contacts(files, "")
    return frozenset(contacts.rows)


def everybody(files: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    """The cells of each person as written, file by file."""
    for path in sorted(files):
        if path.startswith("contacts/") and path.endswith(".csv"):
            _, rows = _rows(files[path])
            heading = _heading(rows[0][2]) if rows else []
            for _, _, cells in rows[1:]:
                yield dict(zip(heading, (cell.strip() for cell in cells), strict=False))
        elif path.startswith("contacts/"):
            yield from map(_cells_of, _document(files[path])[1].get("contacts") or ())


def rooms(site: bytes) -> list[tuple[str, str]]:
    """Id and name of each room of a site file."""
    document, _ = read_yaml("site.yaml", site)
    written = document.value(("rooms",)) if document else None
    known = [each for each in written if isinstance(each, dict)] if isinstance(written, list) else []
    return [(str(each.get("id")), str(each.get("name") or each.get("id"))) for each in known]


def rewritten(path: str, raw: bytes, person: str, cells: Mapping[str, str] | None) -> bytes:
    """The file with that person's entry changed to `cells`, or taken out if it is None. The person must be in it."""
    return _csv_rewritten(raw, person, cells) if path.endswith(".csv") else _yaml_rewritten(raw, person, cells)


def appended(path: str, raw: bytes, cells: Mapping[str, str]) -> bytes:
    """The file with one person more at its end; an empty `raw` is a new file."""
    if path.endswith(".csv"):
        return _csv_rewritten(raw or (",".join(FIELDS) + "\n").encode(), None, cells)
    return _yaml_rewritten(raw or b"contacts: []\n", None, cells)


# -------------------------------------------------------------------------------------------------------------- CSV


def _rows(raw: bytes) -> tuple[list[str], list[tuple[int, int, list[str]]]]:
    """Lines as they stand, and (first line, line after the last, cells) of each row; the heading is the first."""
    lines = list(io.StringIO(raw.decode("utf-8-sig", "replace"), newline=""))
    reader, rows, start = csv.reader(lines), [], 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            rows.append((start, reader.line_num, cells))
        start = reader.line_num
    return lines, rows


def _heading(cells: list[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def _csv_cells(raw: bytes, person: str) -> dict[str, str] | None:
    _, rows = _rows(raw)
    heading = _heading(rows[0][2]) if rows else []
    for _, _, cells in rows[1:]:
        row = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
        if row.get("id") == person:
            return row
    return None


def _csv_rewritten(raw: bytes, person: str | None, cells: Mapping[str, str] | None) -> bytes:
    lines, rows = _rows(raw)
    heading = _heading(rows[0][2])
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    if cells is not None and (more := [name for name in FIELDS if cells.get(name) and name not in heading]):
        # A column that the file has not: each row gets it, as nothing else could be read back.
        lines = [
            _line([*row, *(more if not number else [""] * len(more))], end) for number, (_, _, row) in enumerate(rows)
        ]
        lines, rows = _rows("".join(lines).encode())
        heading += more
    new = [] if cells is None else [_line([cells.get(name, "") for name in heading], end)]
    if person is None:
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += end
        return "".join([*lines, *new]).encode()
    at = heading.index("id")
    first, after = next((one, two) for one, two, row in rows[1:] if len(row) > at and row[at].strip() == person)
    return "".join([*lines[:first], *new, *lines[after:]]).encode()


def _line(cells: list[str], end: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerow(cells)
    return text.getvalue()


# ------------------------------------------------------------------------------------------------------------- YAML


def _document(raw: bytes) -> tuple[Any, Any]:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml, yaml.load(raw.decode("utf-8-sig"))


def _yaml_cells(raw: bytes, person: str) -> dict[str, str] | None:
    if f"{person}".encode() not in raw:
        return None
    _, document = _document(raw)
    entry = next((each for each in document.get("contacts") or () if each.get("id") == person), None)
    return None if entry is None else _cells_of(entry)


def _cells_of(entry: Mapping[str, Any]) -> dict[str, str]:
    cells = {name: str(entry.get(name) or "") for name in COLUMNS if name not in {"roles", "groups", "on_site"}}
    cells |= {name: ";".join(entry.get(name) or ()) for name in ("roles", "groups")}
    cells["on_site"] = "" if entry.get("on_site") is None else "yes" if entry["on_site"] else "no"
    agreement = entry.get("agreement") or {}
    names = zip(AGREEMENT_COLUMNS, ("who", "date", "last_tested"), strict=True)
    return cells | {column: str(agreement.get(name) or "") for column, name in names}


def _yaml_rewritten(raw: bytes, person: str | None, cells: Mapping[str, str] | None) -> bytes:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted

    yaml, document = _document(raw)
    people = document["contacts"]
    place = next((at for at, each in enumerate(people) if each.get("id") == person), len(people))
    if cells is None:
        del people[place]
    else:
        entry = people[place] if place < len(people) else {}
        for name, value in _entry(cells).items():
            if value in ("", [], None, {}):
                entry.pop(name, None)
            elif str(entry.get(name)) != str(value) or entry.get(name) != value:
                entry[name] = Quoted(value) if isinstance(value, str) else value
        if place == len(people):
            people.append(entry)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue().encode()


def _entry(cells: Mapping[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {name: cells.get(name, "") for name in COLUMNS}
    for name in ("roles", "groups"):
        entry[name] = [word.strip() for word in cells.get(name, "").split(";") if word.strip()]
    entry["on_site"] = {"yes": True, "no": False}.get(cells.get("on_site", "").lower())
    who, date, tested = (cells.get(name, "") for name in AGREEMENT_COLUMNS)
    agreement = {"who": who, "date": date, **({"last_tested": tested} if tested else {})}
    return entry | {"agreement": agreement if who or date or tested else {}}
