"""Writes the demo school's contacts: invented names, numbers nobody can have, the same ones every time.

Run it from the project's folder: python notifier/demo_school/make_people.py
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

COLUMNS = [
    "id", "name", "site", "room", "roles", "groups", "language", "on_site", "sms", "push", "email", "voice",
    "agreement_who", "agreement_date", "agreement_tested",
]  # fmt: skip
FIRST = [
    "Ada", "Ben", "Carla", "Dev", "Elena", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lucia", "Mara", "Noor",
    "Omar", "Paula", "Quinn", "Rosa", "Sven", "Tara", "Ulla", "Victor", "Wanda", "Ximena", "Yusuf",
]  # fmt: skip
LAST = [
    "Abara", "Brandt", "Castillo", "Dahl", "Esposito", "Flores", "Garcia", "Haddad", "Ibarra", "Jensen", "Kowalski",
    "Lopez", "Mendez", "Nakamura", "Okafor", "Petrov", "Quiroga", "Reyes", "Silva", "Tran", "Umar", "Vargas", "Weiss",
]  # fmt: skip
SPANISH = {"Castillo", "Flores", "Garcia", "Ibarra", "Lopez", "Mendez", "Quiroga", "Reyes", "Vargas"}
ROOMS = [
    *(f"r{number}" for number in [*range(101, 109), *range(201, 209)]),
    "gym", "library", "cafeteria", "music", "art", "lab1", "lab2", "reception", "principal", "nurse", "counsel",
    "staffroom",
]  # fmt: skip
STAFF, GUARDIANS = 45, 400


def person(number: int) -> tuple[str, str, str]:
    """(id, name, language) of the invented person with this number; no name comes twice below 575."""
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    return f"{first}-{last}".lower(), f"{first} {last}", "es" if last in SPANISH else "en"


def phone(number: int) -> str:
    """Area code 555 is assigned to nobody."""
    return f"+1555010{number:04d}"


def rows() -> list[dict[str, str]]:
    people: list[dict[str, str]] = []
    for number in range(STAFF):
        ident, name, language = person(number)
        room, roles = ROOMS[number % len(ROOMS)], ""
        if number == 0:
            room, roles = "principal", "principal"
        elif number == 7:
            roles = "technician"  # whom troubles are told to
        people.append({
            "id": ident, "name": name, "room": room, "roles": roles, "groups": "staff", "language": language,
            "on_site": "yes", "sms": phone(number), "push": f"maplewood-{ident}",
            "email": f"{ident}@maplewood.example",
        })  # fmt: skip
    for place, number in enumerate(range(STAFF, STAFF + 2)):
        ident, name, _ = person(number)
        people.append({
            "id": ident, "name": name, "roles": "district", "groups": "district", "language": "en", "on_site": "no",
            "sms": phone(number), "push": f"maplewood-{ident}", "email": f"{ident}@district.example",
            "voice": phone(9000 + place),
        })  # fmt: skip
    for place, number in enumerate(range(STAFF + 2, STAFF + 5)):
        ident, name, _ = person(number)
        people.append({
            "id": f"officer-{place + 1}", "name": f"Officer {name}", "roles": "police", "language": "en",
            "on_site": "no", "sms": phone(9110 + place), "email": f"{ident}@police.example",
            "agreement_who": "Chief M. Hale", "agreement_date": "2026-08-03", "agreement_tested": "2026-10-05",
        })  # fmt: skip
    for number in range(STAFF + 5, STAFF + 5 + GUARDIANS):
        ident, name, language = person(number)
        people.append({
            "id": f"g-{ident}", "name": name, "groups": "guardians", "language": language, "on_site": "no",
            "sms": phone(number + 1000), "email": f"{ident}@families.example",
        })  # fmt: skip
    return [{"site": "maplewood", **one} for one in people]


def people_csv() -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    return out.getvalue().encode()


if __name__ == "__main__":
    Path(__file__).parent.joinpath("contacts/people.csv").write_bytes(people_csv())
