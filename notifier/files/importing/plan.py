"""What an import would change, decided before anything is written: who is new, changed, gone, refused or doubtful."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from notifier.files.contact_list import COLUMNS
from notifier.files.importing.headings import match
from notifier.files.importing.oneroster import is_zip, read_oneroster
from notifier.files.importing.people import Candidate, Wishes, candidates, slug_of_name
from notifier.files.importing.tables import read_table
from notifier.model.people import Person

KEPT_IF_SILENT = ("room", "roles", "groups", "language", "on_site", "push", "sms", "voice", "email", "consent")
"""Columns that stay as they were where the export says nothing: somebody may have filled them in by hand."""


@dataclass(slots=True)
class ImportPlan:
    """All of it, for a dry run to show and a write to carry out."""

    file: str
    notes: tuple[str, ...]
    unread: tuple[str, ...]
    """Headings that nothing is taken from."""
    added: list[Candidate] = field(default_factory=list)
    changed: list[tuple[Candidate, tuple[str, ...]]] = field(default_factory=list)
    """With the columns that change."""
    same: list[Candidate] = field(default_factory=list)
    refused: list[Candidate] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Ids that an earlier import of this file brought and this one does not."""
    doubtful: list[tuple[Candidate, str]] = field(default_factory=list)
    """People who may be somebody that is there already, and why; they are taken."""

    @property
    def people(self) -> list[Candidate]:
        """Who stands in the new file, in the order of the export."""
        return sorted([*self.added, *(one for one, _ in self.changed), *self.same], key=lambda one: one.line)


def plan_import(
    file: str,
    raw: bytes,
    *,
    before: Mapping[str, Mapping[str, str]],
    elsewhere: Mapping[str, Person],
    wishes: Wishes,
    chosen: Mapping[str, str] | None = None,
    school: str | None = None,
    students: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportPlan:
    """Compare an export with what is there.

    `before`: the people whom the file that will be replaced holds, id to cells. `elsewhere`: everybody of the other
    contacts files; they are never touched. Raises SetupError if the export cannot be read at all.
    """
    table = read_oneroster(file, raw, school=school, students=students) if is_zip(raw) else read_table(file, raw)
    columns = match(table.file, table.heading, chosen or {})
    plan = ImportPlan(table.file, table.notes, columns.unread)
    known = _Known(before, elsewhere)
    taken: dict[str, Candidate] = {}
    for one in candidates(table, columns, wishes, progress):
        if not one.refused:
            _name_it(one, known, taken)
        if one.refused:
            plan.refused.append(one)
            continue
        taken[one.id] = one
        if why := known.resembles(one):
            plan.doubtful.append((one, why))
        _sort_in(plan, one, before.get(one.id))
    plan.gone = sorted(before.keys() - taken.keys())
    return plan


def written(people: Sequence[Candidate]) -> bytes:
    """A contacts file of ours."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(one.cells for one in people)
    return text.getvalue().encode()


class _Known:
    """Who is there already, by what they could be recognised by."""

    def __init__(self, before: Mapping[str, Mapping[str, str]], elsewhere: Mapping[str, Person]) -> None:
        self.elsewhere = elsewhere
        self._by_id = {**{name: cells["name"] for name, cells in before.items()}}
        self._by_address: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._by_look: dict[str, str] = {}
        for name, cells in before.items():
            self._by_name.setdefault(_plain(cells["name"]), name)
            self._by_look.setdefault(_look(cells["name"]), name)
            for kind in ("sms", "email"):
                self._by_address.setdefault(cells.get(kind, ""), name)
        for person in elsewhere.values():
            self._by_name.setdefault(_plain(person.name), person.id)
            self._by_look.setdefault(_look(person.name), person.id)
            for address in person.addresses.values():
                self._by_address.setdefault(address, person.id)
        self._by_address.pop("", None)
        self._before = before

    def id_before(self, one: Candidate) -> str:
        """The id that an earlier import gave to the same person: by name and address, else by name alone."""
        for kind in ("sms", "email"):
            found = self._by_address.get(one.cells[kind], "") if one.cells[kind] else ""
            if found in self._before and _plain(self._before[found]["name"]) == _plain(one.name):
                return found
        found = self._by_name.get(_plain(one.name), "")
        return found if found in self._before else ""

    def resembles(self, one: Candidate) -> str:
        """Why this could be somebody else's second entry; "" if nothing says so. Remembers `one`."""
        why = ""
        for kind in ("sms", "email"):
            other = self._by_address.setdefault(one.cells[kind], one.id) if one.cells[kind] else one.id
            if other != one.id:
                why = f"has the {kind} address of `{other}`"
        self._by_name.setdefault(_plain(one.name), one.id)
        other = self._by_look.setdefault(_look(one.name), one.id)
        if other != one.id and not why:
            why = f"is called like `{other}`"
        return why


def _name_it(one: Candidate, known: _Known, taken: Mapping[str, Candidate]) -> None:
    """Give it the id of the export, else the one it had, else one of its name; refuse who stands there twice."""
    if one.id in taken:
        one.refused = f"`{one.id}` stands in line {taken[one.id].line} already"
        return
    if one.id in known.elsewhere:
        one.refused = f"`{one.id}` is a person of another contacts file"
        return
    if one.id:
        return
    wanted = known.id_before(one) or slug_of_name(one.name)
    number, name = 1, wanted
    while name in taken or name in known.elsewhere:
        twin = taken.get(name)
        if twin is not None and all(twin.cells[kind] == one.cells[kind] for kind in ("sms", "voice", "email", "push")):
            one.refused = f"the same person stands in line {twin.line} already"
            return
        number += 1
        name = f"{wanted[:60]}-{number}"
    one.cells["id"] = name


def _sort_in(plan: ImportPlan, one: Candidate, before: Mapping[str, str] | None) -> None:
    if before is None:
        plan.added.append(one)
        return
    for column in KEPT_IF_SILENT:
        if not one.cells[column]:
            one.cells[column] = before.get(column, "")
    differing = tuple(column for column in COLUMNS if one.cells[column] != before.get(column, "") and column != "site")
    if differing:
        plan.changed.append((one, differing))
    else:
        plan.same.append(one)


def _look(name: str) -> str:
    """A name as somebody else may have typed it: without accents, apostrophes, hyphens, and in any order."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return _plain("".join(sign if sign.isalnum() or sign.isspace() or sign == "," else "" for sign in bare)) or name


def _plain(name: str) -> str:
    return " ".join(sorted(name.casefold().replace(",", " ").split()))
