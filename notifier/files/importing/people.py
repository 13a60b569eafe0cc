"""Rows of an export to contacts of ours, each with what was changed in it or why it is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from notifier.files.contact_addresses import read_mail, read_push
from notifier.files.contact_list import COLUMNS
from notifier.files.contact_person import ID, LONGEST_NAME
from notifier.files.importing.headings import Columns
from notifier.files.importing.numbers import number_of
from notifier.files.importing.tables import Table

_HIDDEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]")
"""Control signs, and those that turn or hide the writing: a name that reads otherwise than it is written."""
_FORMULA = re.compile(r"[=@+\-\t\r]")
_YES = {"yes": "yes", "y": "yes", "true": "yes", "1": "yes", "no": "no", "n": "no", "false": "no", "0": "no"}


@dataclass(slots=True)
class Candidate:
    """One person of the export."""

    line: int
    cells: dict[str, str]
    """By our columns; empty where the export says nothing."""
    notes: list[str] = field(default_factory=list)
    """What was left out or changed; the person is taken all the same."""
    refused: str = ""
    """Why this row is not taken; empty if it is."""

    @property
    def id(self) -> str:
        return self.cells.get("id", "")

    @property
    def name(self) -> str:
        return self.cells.get("name", "")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the administrator says beside the file."""

    country: str = "US"
    """ISO 3166: of numbers that are written without a country code."""
    groups: tuple[str, ...] = ()
    """Groups that everybody gets besides their own."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """The export's role, without case, to ours; "" leaves it out."""
    rooms: Mapping[str, str] = field(default_factory=dict)
    """The export's room, without case, to the id of ours."""


def candidates(
    table: Table, columns: Columns, wishes: Wishes, progress: Callable[[int], None] | None = None
) -> list[Candidate]:
    """Everybody of `table`, in its order; `progress` hears the number of rows read, every thousand."""
    found = []
    for count, (line, row) in enumerate(table.rows, 1):
        found.append(_candidate(line, row, columns, wishes))
        if progress is not None and count % 1000 == 0:
            progress(count)
    return found


def _candidate(line: int, row: Sequence[str], columns: Columns, wishes: Wishes) -> Candidate:
    one = Candidate(line, dict.fromkeys(COLUMNS, ""))

    def cell(name: str) -> str:
        written = columns.cell(row, name)
        seen = " ".join(_HIDDEN.sub(" ", unicodedata.normalize("NFC", written)).split())
        if seen != " ".join(written.split()):
            one.notes.append(f"{name}: invisible signs are taken out")
        return seen

    name = cell("name") or " ".join(part for part in (cell("given"), cell("family")) if part)
    if "," in name and not columns.of.keys() & {"given", "family"}:
        family, _, given = name.partition(",")
        name = f"{given.strip()} {family.strip()}".strip()
    one.cells["name"] = name[:LONGEST_NAME]
    if not name:
        one.refused = "no name"
        return one
    if _FORMULA.match(name):
        one.refused = f"the name begins with {name[0]!r}, as a spreadsheet's formula does"
        return one
    one.cells["id"] = _slug(cell("id"))
    _take_words(one, cell("roles"), cell("groups"), wishes)
    room = cell("room")
    one.cells["room"] = wishes.rooms.get(room.casefold(), "")
    if room and not one.cells["room"]:
        one.notes.append(f"room: the site has no `{room[:40]}`; kept without a room")
    one.cells["language"] = cell("language").lower()[:2] if re.match(r"[A-Za-z]{2}([-_]|$)", cell("language")) else ""
    one.cells["on_site"] = _YES.get(cell("on_site").lower(), "")
    _take_addresses(one, cell, wishes.country)
    return one


def _take_words(one: Candidate, roles: str, groups: str, wishes: Wishes) -> None:
    ours = []
    for role in _several(roles):
        named = wishes.roles.get(role.casefold(), _slug(role))
        ours += [named] if named else []
    one.cells["roles"] = ";".join(dict.fromkeys(ours))
    one.cells["groups"] = ";".join(dict.fromkeys([*(_slug(each) for each in _several(groups)), *wishes.groups]))


def _take_addresses(one: Candidate, cell: Callable[[str], str], country: str) -> None:
    for kind in ("sms", "voice"):
        number, texts, wrong = number_of(cell(kind), country)
        if wrong:
            one.notes.append(f"{kind}: {wrong}")
        elif number and kind == "sms" and not texts:
            one.cells["voice"] = number
            one.notes.append("sms: a landline takes no texts; kept as voice")
        elif number:
            one.cells[kind] = number
    if written := cell("email"):
        one.cells["email"], wrong, _ = read_mail(written)
        if _FORMULA.match(one.cells["email"]):
            one.cells["email"], wrong = "", "it begins as a spreadsheet's formula does"
        one.notes += [f"email: {wrong}"] if wrong else []
    if written := cell("push"):
        one.cells["push"], wrong, _ = read_push(written)
        one.notes += [f"push: {wrong}"] if wrong else []
    if not any(one.cells[kind] for kind in ("sms", "voice", "email", "push")):
        one.notes.append("no address: nothing can reach them")


def _several(written: str) -> list[str]:
    return [each.strip() for each in re.split(r"[;,/|]", written) if each.strip()]


def _slug(written: str) -> str:
    """Letters and digits of it as an id; "" if none are left."""
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")
    return slug if ID.fullmatch(slug) else ""


def slug_of_name(name: str) -> str:
    return _slug(name) or "person"
