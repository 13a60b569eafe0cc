"""The first files of a school, from what its people have told so far. What is not known yet is left out and named.

They are ordinary files with comments, to be edited by hand or by the pages from then on.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from notifier.files.beginning import NOT_SET_UP
from notifier.files.importing.people import Candidate
from notifier.files.importing.plan import written
from notifier.files.importing.school import plan_for
from notifier.files.shipped_parts import fitted_playbooks
from notifier.files.starter import identifier_of
from notifier.model.people import OUTSIDE_ROLES

MAIN_BUILDING = "Main building"
PEOPLE_FILE = "contacts/people.csv"
MOST_ROOMS = 2000
CARD_LETTERS = "ACDEFHJKMNPRTWXY3479"
"""None of them is taken for another one, written by hand or read out."""


@dataclass(frozen=True, slots=True)
class FirstRoom:
    id: str
    zone: str
    name: str
    card: str


@dataclass(frozen=True, slots=True)
class Places:
    """Zones (id and name) and rooms, in the order in which they were typed."""

    zones: tuple[tuple[str, str], ...] = ()
    rooms: tuple[FirstRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Somebody accepts for a time that nothing but phones reaches the rooms."""

    by: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class FirstSchool:
    """What is known."""

    site: str
    """Its id, which stays."""
    name: str = ""
    address: str = ""
    entrance: str = ""
    timezone: str = "UTC"
    places: Places = Places()
    people: Sequence[Candidate] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of address that a sender takes."""
    gap: Gap | None = None
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class FirstFiles:
    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = field(default=())
    """Sentences: what does not run yet, and why."""


def first_files(school: FirstSchool) -> FirstFiles:
    """Site, people and the playbooks that can work with what there is."""
    if not school.places.zones:
        school = replace(school, places=replace(school.places, zones=((identifier_of(MAIN_BUILDING), MAIN_BUILDING),)))
    names = frozenset(word for one in school.people for word in _selectable(one))
    playbooks: dict[str, bytes] = {}
    left_out: list[str] = []
    if not school.people:
        left_out.append("No playbook runs yet: nobody is known who could be told.")
    elif not school.kinds:
        left_out.append("No playbook runs yet: there is no sender, so no message could leave.")
    else:
        playbooks = fitted_playbooks(school.kinds, names)
        if school.gap is None:
            playbooks.pop("playbooks/lockdown.yaml", None)
            left_out.append(
                "LOCKDOWN does not run yet: it must be heard and seen without phones, or a named person accepts "
                "the gap until a day."
            )
    files = {"site.yaml": _site(school, playbooks).encode(), **playbooks}
    if school.people:
        files[PEOPLE_FILE] = written(school.people)
    return FirstFiles(files, tuple(left_out))


def places_of(typed: str, before: Places = Places()) -> Places:
    """A zone a line, "North wing: Room 11, Room 12"; a line without a colon names rooms of the main one.

    Rooms that were there `before` keep their card. Raises ValueError with a sentence.
    """
    cards = {(room.zone, room.name): room.card for room in before.rooms}
    used = set(cards.values())
    zones: dict[str, str] = {}
    rooms: dict[str, FirstRoom] = {}
    for line in typed.splitlines():
        title, colon, listed = line.partition(":")
        title, listed = (title, listed) if colon else (MAIN_BUILDING, line)
        named = [" ".join(one.split()) for one in re.split(r"[,;\t]", listed) if one.strip()]
        if not named and not (colon and title.strip()):
            continue
        title = " ".join(title.split()) or MAIN_BUILDING
        zone = next((known for known, name in zones.items() if name.casefold() == title.casefold()), "")
        if not zone:
            zone = _free(title, zones, "zone")
            zones[zone] = title
        for name in named:
            if any(room.zone == zone and room.name.casefold() == name.casefold() for room in rooms.values()):
                continue
            if len(name) > 80:
                raise ValueError(f"“{name[:30]}…” is too long for a room's name; put a comma between two rooms.")
            card = cards.get((zone, name)) or _card(used)
            room = _free(f"r{name}" if name[:1].isdigit() else name, {**rooms, **zones}, "room")
            rooms[room] = FirstRoom(room, zone, name, card)
    if len(rooms) > MOST_ROOMS:
        raise ValueError(f"These are {len(rooms):,} rooms; {MOST_ROOMS:,} at most are taken here.")
    return Places(tuple(zones.items()), tuple(rooms.values()))


def people_of(typed: str, school: FirstSchool, country: str = "US") -> tuple[list[Candidate], list[str]]:
    """The people of a pasted table, and a sentence for each line that is not taken whole. Raises SetupError.

    Without a heading the columns are name, e-mail and room. Everybody without another group is staff, outsiders apart.
    """
    bare = typed.lstrip()
    above, first = typed[: len(typed) - len(bare)].count("\n"), bare.partition("\n")[0]
    if "@" in first:
        comma = next((sign for sign in "\t;," if sign in first), ",")
        typed = comma.join(("name", "email", "room", "role")[: first.count(comma) + 1]) + "\n" + bare
        above -= 1  # the heading is ours: lines are counted as they were pasted
    else:
        typed = bare
    site = _site(school, {}).encode()
    plan = plan_for({"site.yaml": site}, "what was pasted", typed.encode(), target=PEOPLE_FILE, country=country)
    for one in plan.people:
        roles = set(one.cells["roles"].split(";"))
        if not one.cells["groups"] and not roles & OUTSIDE_ROLES:
            one.cells["groups"] = "staff"
        one.cells["language"] = one.cells["language"] or "en"
    said = [f"Line {one.line + above}, {one.name or 'no name'}: not taken, {one.refused}." for one in plan.refused]
    said += [f"Line {one.line + above}, {one.name}: {note.rstrip('.')}." for one in plan.people for note in one.notes]
    said += [f"Line {one.line + above}, {one.name} {why}: is it the same person?" for one, why in plan.doubtful]
    return plan.people, said


def _selectable(one: Candidate) -> Iterable[str]:
    yield from (f"role:{role}" for role in one.cells["roles"].split(";") if role)
    yield from (f"group:{group}" for group in one.cells["groups"].split(";") if group)


def _site(school: FirstSchool, playbooks: Mapping[str, bytes]) -> str:
    """YAML by hand, for its comments; every text that was typed is quoted as JSON, which YAML 1.2 reads."""
    lines = [
        "# The site: what there is and where. Written by the pages under /first-hour; yours to edit.",
        "# `notifier check DIR` finds mistakes, `notifier publish DIR` makes it run.",
        f"site: {_quoted(school.site)}   # stays for ever: the record is kept under it",
        f"name: {_quoted(school.name or NOT_SET_UP)}",
        f"address: {_quoted(school.address)}" if school.address else "# address: not known yet",
        f"entrance: {_quoted(school.entrance)}   # where responders come in; read out to 911"
        if school.entrance
        else "# entrance: not known yet; where responders come in, read out to 911",
        f"timezone: {_quoted(school.timezone)}",
        "languages: [en]",
        "lockdown_exterior: lock",
        f"public_url: {_quoted(school.public_url)}   # the address that people's phones open to answer"
        if school.public_url
        else "# public_url: not known yet; without it people cannot answer by a link",
    ]
    if school.places.zones:
        lines += ["", "# A zone is a part of the site. Every room and device is in exactly one.", "zones:"]
        lines += [f"  - {{id: {_quoted(zone)}, name: {_quoted(name)}}}" for zone, name in school.places.zones]
    if school.places.rooms:
        lines += ["", "# card: the code on the room's printed card.", "rooms:"]
        lines += [
            f"  - {{id: {_quoted(room.id)}, zone: {_quoted(room.zone)}, name: {_quoted(room.name)}, "
            f"card: {_quoted(room.card)}}}"
            for room in school.places.rooms
        ]
    lines += ["", "# No doors, speakers or signals are wired yet: docs/how_to tells how each kind is.", "doors: []"]
    if playbooks and school.places.zones:
        fallback = "lockdown" if "playbooks/lockdown.yaml" in playbooks else "hold"
        zone = next((zone for zone, name in school.places.zones if "office" in name.casefold()), "")
        lines += ["", "# A screen or button is enrolled for one of these. Its place is where help is sent.", "buttons:"]
        zone = zone or school.places.zones[0][0]
        lines += [f"  - {{id: front-office, zone: {_quoted(zone)}, name: Front office, playbook: {fallback}}}"]
    if school.gap is not None and school.places.rooms:
        occupied = dict.fromkeys(room.zone for room in school.places.rooms)
        lines += ["", "# Nothing but phones reaches these zones. Somebody has accepted that, until a day."]
        lines += ["accepted_gaps:"]
        lines += [
            f"  - {{zone: {_quoted(zone)}, accepted_by: {_quoted(school.gap.by)}, "
            f"until: {school.gap.until.isoformat()}, reason: {_quoted(school.gap.reason)}}}"
            for zone in occupied
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _free(title: str, taken: Mapping[str, object], otherwise: str) -> str:
    """An id of a title's letters that nobody has."""
    bare = identifier_of(title) if re.search(r"[a-zA-Z0-9]", title) else otherwise
    bare = bare[:56].strip("-") or otherwise
    number, name = 1, bare
    while name in taken:
        number += 1
        name = f"{bare}-{number}"
    return name


def _card(used: set[str]) -> str:
    while (card := "".join(secrets.choice(CARD_LETTERS) for _ in range(5))) in used:
        pass
    used.add(card)
    return card
