"""Which column of somebody else's table is which of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifier.errors import Fault, SetupError
from notifier.files.plain_words import nearest

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "sourcedid", "staffid", "employeeid", "personid", "userid", "externalid", "number", "identifier"),
    "name": ("name", "fullname", "displayname", "staffname", "contactname", "nombre", "nombrecompleto"),
    "given": ("given", "givenname", "firstname", "first", "preferredname", "forename", "nombres"),
    "family": ("family", "familyname", "lastname", "last", "surname", "apellido", "apellidos"),
    "room": ("room", "roomnumber", "homeroom", "classroom", "location", "aula", "salon"),
    "roles": ("roles", "role", "title", "jobtitle", "position", "puesto"),
    "groups": ("groups", "group", "department", "team", "grupo", "grupos"),
    "language": ("language", "lang", "homelanguage", "preferredlanguage", "idioma"),
    "on_site": ("onsite",),
    "sms": ("sms", "mobile", "mobilephone", "cell", "cellphone", "cellnumber", "textnumber", "movil", "celular"),
    "voice": ("voice", "phone", "telephone", "homephone", "workphone", "landline", "telefono"),
    "email": ("email", "emailaddress", "mail", "workemail", "correo", "correoelectronico"),
    "push": ("push", "pushtopic"),
}
"""Heading without case, blanks and marks, as exports of student systems and spreadsheets write them."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Our field to the number of its column."""

    of: Mapping[str, int]
    unread: tuple[str, ...]
    """Headings of columns that nothing is taken from."""

    def cell(self, row: Sequence[str], name: str) -> str:
        at = self.of.get(name)
        return row[at] if at is not None and at < len(row) else ""


def match(file: str, heading: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Find our fields in `heading`; `chosen` (our field to heading) goes first. Raises SetupError."""
    plain = [_plain(each) for each in heading]
    found: dict[str, int] = {}
    faults: list[Fault] = []
    for name, wanted in chosen.items():
        if name not in SYNONYMS:
            faults.append(Fault(file, 1, 1, f"`{name[:40]}` is no field of a contact.", nearest(name, SYNONYMS)))
        elif _plain(wanted) in plain:
            found[name] = plain.index(_plain(wanted))
        else:
            faults.append(Fault(file, 1, 1, f"There is no column `{wanted[:40]}`.", nearest(wanted, heading)))
    for name, words in SYNONYMS.items():
        if name in found:
            continue
        free = [plain.index(word) for word in words if word in plain and plain.index(word) not in found.values()]
        if free:
            found[name] = free[0]
    if not faults and "name" not in found and not {"given", "family"} & found.keys():
        shown = ", ".join(heading[:12])
        advice = f"Say which it is: --map name=HEADING. The headings are: {shown}."
        faults.append(Fault(file, 1, 1, "No column is known to hold names.", advice))
    if faults:
        raise SetupError(faults)
    unread = tuple(each for index, each in enumerate(heading) if index not in found.values() and each)
    return Columns(found, unread)


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold())
