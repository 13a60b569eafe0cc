"""An import as it meets a school's files: which rooms there are, who stands in which contacts file already."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping

from notifier.errors import Fault, SetupError
from notifier.files.contacts import read_contacts
from notifier.files.importing.people import Wishes
from notifier.files.importing.plan import ImportPlan, plan_import
from notifier.files.positions import read_yaml

TARGET = "contacts/imported.csv"
_TARGET = re.compile(r"contacts/[a-z0-9][a-z0-9_-]{0,63}\.csv")


def plan_for(
    files: Mapping[str, bytes],
    name: str,
    export: bytes,
    *,
    target: str = TARGET,
    country: str = "US",
    groups: tuple[str, ...] = (),
    roles: Mapping[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
    school: str | None = None,
    students: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportPlan:
    """What importing `export` into `target` would change in a school's `files`. Raises SetupError."""
    if not _TARGET.fullmatch(target):
        advice = f"Name it like {TARGET}, in lower case letters, digits, - and _."
        raise SetupError([Fault(target[:80], 1, 1, "This is no name of a contacts file.", advice)])
    if target in files and b"\n#" in files[target]:
        advice = "Import into another file, or take the lines that begin with # out."
        raise SetupError([Fault(target, 1, 1, "This file has remarks of somebody's hand in it.", advice)])
    elsewhere = read_contacts({path: body for path, body in files.items() if path != target}, "").people
    wishes = Wishes(country, groups, roles or {}, _rooms(files))
    return plan_import(
        name,
        export,
        before=_cells(files.get(target, b"")),
        elsewhere=elsewhere,
        wishes=wishes,
        chosen=chosen,
        school=school,
        students=students,
        progress=progress,
    )


def _cells(raw: bytes) -> dict[str, dict[str, str]]:
    """The people of a contacts file of ours, as their cells stand there."""
    rows = csv.DictReader(io.StringIO(raw.decode("utf-8-sig", "replace"), newline=""))
    return {
        row["id"]: {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        for row in rows
        if row.get("id") and row.get("name")
    }


def _rooms(files: Mapping[str, bytes]) -> dict[str, str]:
    """What a room may be called, without case, to its id: its id, its name, its name without the word for room."""
    document, _ = read_yaml("site.yaml", files.get("site.yaml", b""))
    rooms = document.value(("rooms",)) if document else None
    names: dict[str, str] = {}
    for room in rooms if isinstance(rooms, list) else ():
        if not isinstance(room, dict) or not isinstance(room.get("id"), str):
            continue
        title = str(room.get("name") or room["id"])
        for called in (room["id"], title, re.sub(r"^(room|rm\.?|aula|sal[oó]n)\s+", "", title, flags=re.IGNORECASE)):
            names.setdefault(called.casefold(), room["id"])
    return names
