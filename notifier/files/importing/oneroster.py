"""OneRoster 1.1 and 1.2 CSV zips (1EdTech) to one table of people, as if somebody had exported it by hand.

Taken are `manifest.csv`, `users.csv`, in 1.2 also `roles.csv`, and for teachers' rooms `classes.csv` and
`enrollments.csv`. Students are left out unless asked for: they are answered for by rooms, and most have no phone.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notifier.errors import Fault, SetupError
from notifier.files.importing.limits import LARGEST_TABLE, LARGEST_UNPACKED, MOST_ENTRIES
from notifier.files.importing.tables import Table, read_table

GUARDIANS = frozenset({"guardian", "parent", "relative"})
STAFF = {
    "administrator": "administrator", "districtadministrator": "district", "siteadministrator": "administrator",
    "systemadministrator": "administrator", "principal": "principal", "teacher": "teacher", "aide": "aide",
    "counselor": "counselor", "proctor": "proctor",
}  # fmt: skip
"""OneRoster's role to ours (1.1 enumeration RoleType, 1.2 adds the longer words)."""
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error),
    *(NotImplementedError, RuntimeError, EOFError, OSError, ValueError),
)
"""What zipfile raises for zips that are cut off, locked, damaged, or packed in a way it does not know."""
HEADING = ("id", "given", "family", "roles", "groups", "room", "sms", "voice", "email")


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table whose columns are named by its own heading."""

    table: Table

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        for line, cells in self.table.rows:
            yield line, dict(zip(self.table.heading, cells, strict=False))


def is_zip(raw: bytes) -> bool:
    return raw[:4] == b"PK\x03\x04"


def read_oneroster(file: str, raw: bytes, *, school: str | None = None, students: bool = False) -> Table:
    """Everybody of one school. `school`: its sourcedId, identifier or name. Raises SetupError."""
    tables = _unpack(file, raw)
    if "users.csv" not in tables:
        advice = "A OneRoster CSV export has users.csv at its top; a table may be given as .csv itself."
        raise SetupError([Fault(file, 1, 1, "This zip has no users.csv.", advice)])
    manifest = {row.get("propertyName", ""): row.get("value", "") for _, row in _rows(tables, "manifest.csv")}
    notes = [f"OneRoster {manifest.get('oneroster.version') or 'of no stated version'}."]
    if manifest.get("file.users") == "delta":
        advice = "Export all of it (bulk): who is missing in the file would be taken for gone."
        raise SetupError([Fault(file, 1, 1, "This export holds only what has changed (delta).", advice)])
    org = _org(file, tables, school)
    roles = _roles_of(tables, org)
    rooms = _rooms_of(tables)
    taken: list[tuple[int, tuple[str, ...]]] = []
    left = {"students": 0, "disabled or deleted": 0, "of other schools": 0}
    for line, row in _rows(tables, "users.csv"):
        user = row.get("sourcedId", "")
        own = roles.get(user) or ({row["role"].casefold()} if row.get("role") else set())
        if row.get("status", "") == "tobedeleted" or row.get("enabledUser", "true").casefold() == "false":
            left["disabled or deleted"] += 1
        elif org and user not in roles and org not in _orgs(row):
            left["of other schools"] += 1
        elif own <= {"student"} and not students:
            left["students"] += 1
        else:
            taken.append((line, _line(row, own, rooms.get(user, ""))))
    notes += [f"Left out: {count} {what}." for what, count in left.items() if count]
    return Table(f"{file}/users.csv", HEADING, tuple(taken), (*notes, *tables["users.csv"].notes))


def _line(row: Mapping[str, str], roles: set[str], room: str) -> tuple[str, ...]:
    groups = ["guardians"] if roles & GUARDIANS else []
    groups += ["students"] if "student" in roles else []
    groups += ["staff"] if roles & STAFF.keys() else []
    ours = sorted({STAFF[role] for role in roles & STAFF.keys()} | ({"guardian"} if roles & GUARDIANS else set()))
    given = row.get("preferredGivenName") or row.get("givenName", "")
    family = row.get("preferredFamilyName") or row.get("familyName", "")
    numbers = (row.get("sms", ""), row.get("phone", ""), row.get("email", ""))
    return (row.get("sourcedId", ""), given, family, ";".join(ours), ";".join(groups), room, *numbers)


def _orgs(row: Mapping[str, str]) -> set[str]:
    return {each.strip() for each in row.get("orgSourcedIds", "").split(",")} | {row.get("primaryOrgSourcedId", "")}


def _roles_of(tables: Mapping[str, Table], org: str | None) -> dict[str, set[str]]:
    """User to roles at `org`, from the roles.csv of 1.2; empty for 1.1."""
    roles: dict[str, set[str]] = {}
    for _, row in _rows(tables, "roles.csv"):
        if row.get("status", "") != "tobedeleted" and org in (None, row.get("orgSourcedId")):
            roles.setdefault(row.get("userSourcedId", ""), set()).add(row.get("role", "").casefold())
    return roles


def _rooms_of(tables: Mapping[str, Table]) -> dict[str, str]:
    """Teacher to the one place where all their classes are; nobody whose classes are in several."""
    places = {row.get("sourcedId", ""): row.get("location", "") for _, row in _rows(tables, "classes.csv")}
    found: dict[str, set[str]] = {}
    for _, row in _rows(tables, "enrollments.csv"):
        place = places.get(row.get("classSourcedId", ""), "")
        if row.get("role", "").casefold() == "teacher" and place and row.get("status", "") != "tobedeleted":
            found.setdefault(row.get("userSourcedId", ""), set()).add(place)
    return {user: next(iter(rooms)) for user, rooms in found.items() if len(rooms) == 1}


def _org(file: str, tables: Mapping[str, Table], school: str | None) -> str | None:
    """The school's sourcedId; None where there is only one."""
    schools = [row for _, row in _rows(tables, "orgs.csv") if row.get("type", "").casefold() == "school"]
    known = [f"{row.get('name', '')} ({row.get('sourcedId', '')})" for row in schools]
    if school is None:
        if len(schools) > 1:
            advice = f"Say which one: --school NAME. There are: {', '.join(known[:8])}."
            raise SetupError([Fault(file, 1, 1, f"The export has {len(schools)} schools.", advice)])
        return None
    wanted = school.casefold()
    for row in schools:
        if wanted in {row.get(name, "").casefold() for name in ("sourcedId", "identifier", "name")}:
            return row["sourcedId"]
    advice = f"There are: {', '.join(known[:8]) or 'none'}."
    raise SetupError([Fault(file, 1, 1, f"The export has no school `{school[:40]}`.", advice)])


def _rows(tables: Mapping[str, Table], name: str) -> _Rows | tuple[()]:
    return _Rows(tables[name]) if name in tables else ()


def _unpack(file: str, raw: bytes) -> dict[str, Table]:
    wanted = {"manifest.csv", "users.csv", "roles.csv", "orgs.csv", "classes.csv", "enrollments.csv"}
    tables: dict[str, Table] = {}
    budget = LARGEST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            entries = packed.infolist()
            if len(entries) > MOST_ENTRIES:
                text = f"The zip holds {len(entries):,} files; OneRoster has some twenty."
                raise SetupError([Fault(file, 1, 1, text, "Is this the right file?")])
            for entry in entries:
                name = entry.filename.rpartition("/")[2].casefold()
                if name not in wanted or name in tables:
                    continue
                with packed.open(entry) as packed_file:
                    body = packed_file.read(min(LARGEST_TABLE, budget) + 1)
                budget -= len(body)
                if len(body) > LARGEST_TABLE or budget < 0:
                    advice = "Export one school at a time."
                    raise SetupError([Fault(f"{file}/{name}", 1, 1, "Unpacked, this is too large.", advice)])
                tables[name] = read_table(f"{file}/{name}", body)
    except _BROKEN as error:
        why = f"The zip cannot be read: {error}."
        raise SetupError([Fault(file, 1, 1, why, "Export it again, without a password.")]) from None
    return tables
