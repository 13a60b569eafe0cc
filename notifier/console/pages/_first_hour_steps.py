"""The questions of the first hour: what is read from each form, what may stay unknown, and the school that follows."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from notifier.console.pages._playbooks_desk import quoted
from notifier.console.pages.forms import Form
from notifier.console.parts import SettingUp
from notifier.errors import Refused, SetupError
from notifier.files.first_school import FirstRoom, FirstSchool, Gap, Places, people_of, places_of

COMMON_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "America/Toronto", "America/Mexico_City",
    "Europe/London", "Europe/Madrid", "Europe/Berlin", "Australia/Sydney",
)  # fmt: skip
"""Offered while somebody types; every other IANA name is taken too."""
LONG = 60_000  # characters of a pasted list
LONGEST_GAP = timedelta(days=366)
TLS = (
    ("starttls", "STARTTLS, port 587 (usual)"),
    ("required", "TLS from the first byte, port 465"),
    ("none", "None: a server on this machine only"),
)


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    title: str
    """As it stands after "Step 3 of 7:"."""
    question: str
    read: Callable[[Form, SettingUp, date], dict[str, Any]]
    """The answers of a form; faults are in the form, or are raised as Refused or SetupError."""


def _school(form: Form, _setting_up: SettingUp, _today: date) -> dict[str, Any]:
    said = {name: form.text(name, limit=200) for name in ("name", "address", "entrance")}
    if not said["name"]:
        form.faults["name"] = "Write the school's name, as people will read it in messages."
    said["timezone"] = form.text("timezone", limit=64)
    known = zoneinfo.available_timezones()
    if said["timezone"] and known and said["timezone"] not in known:
        form.faults["timezone"] = f"There is no time zone “{said['timezone']}”. Choose one of the list."
    elif not said["timezone"]:
        form.faults["timezone"] = "Choose the time zone: messages say the time in it."
    return said


def _rooms(form: Form, setting_up: SettingUp, _today: date) -> dict[str, Any]:
    typed = form.text("rooms", limit=LONG, needed="Type or paste the rooms, or say that you do not know yet.")
    if not form.sound:
        return {}
    try:
        found = places_of(typed, _places(answers_of(setting_up).get("rooms", {})))
    except ValueError as error:
        form.faults["rooms"] = str(error)
        return {}
    zones = [list(zone) for zone in found.zones]
    rooms = [[room.id, room.zone, room.name, room.card] for room in found.rooms]
    return {"rooms": typed, "zones": zones, "places": rooms}


def _doors(form: Form, _setting_up: SettingUp, today: date) -> dict[str, Any]:
    who = form.text("by", limit=100, needed="Write who accepts it: a name, not an office.")
    reason = form.text("reason", limit=300, needed="Write why it is accepted for now.")
    typed = form.text("until", limit=10)
    try:
        until = date.fromisoformat(typed)
    except ValueError:
        form.faults.setdefault("until", "Write a day, like 2027-03-31.")
        until = today
    if not today <= until <= today + LONGEST_GAP:
        form.faults.setdefault("until", "Choose a day within a year from now: a gap without an end is one for ever.")
    return {"by": who, "reason": reason, "until": typed}


def _people(form: Form, setting_up: SettingUp, _today: date) -> dict[str, Any]:
    typed = form.text("people", limit=LONG, needed="Paste the people, or say that you do not know yet.")
    if not form.sound:
        return {}
    try:
        found, said = people_of(typed, school_of(setting_up, people=False))
    except SetupError as error:
        form.faults["people"] = " ".join(one.text for one in error.faults)
        return {}
    if not found:
        form.faults["people"] = "Nobody can be read in this. Write a line for each: Ada Lopez, ada@school.org, Room 12."
    return {"people": typed, "said": [quoted(one) for one in said[:200]]}


def _mail(form: Form, _setting_up: SettingUp, _today: date) -> dict[str, Any]:
    said: dict[str, Any] = {name: form.text(name, limit=253) for name in ("host", "user")}
    said |= {name: form.email(name) for name in ("from_address", "trial")}
    said["tls"] = form.choice("tls", [value for value, _ in TLS])
    port = form.text("port", limit=5)
    said["port"] = int(port) if port.isascii() and port.isdecimal() else 0
    if not 1 <= said["port"] <= 65535:
        form.faults["port"] = "Write the port as a number: 587, 465 or what your provider says."
    for name, text in (("host", "the name of the mail server"), ("from_address", "the address that mails come from")):
        if not said[name]:
            form.faults.setdefault(name, f"Write {text}.")
    return said


def _network(form: Form, setting_up: SettingUp, _today: date) -> dict[str, Any]:
    host = form.text("host", limit=253, needed="Write the address of this computer in the school's network.")
    if not form.sound:
        return {}
    try:
        made = setting_up.make_certificate(host)
    except Refused as refused:
        form.faults["host"] = str(refused)
        return {}
    return {"host": host, **made}


STEPS = (
    Step("school", "the school", "Which school is this?", _school),
    Step("rooms", "rooms", "Which rooms are there?", _rooms),
    Step("doors", "doors, speakers, strobes", "What reaches people besides phones?", _doors),
    Step("people", "people", "Who is told?", _people),
    Step("mail", "e-mail", "Which mail server sends for you?", _mail),
    Step("network", "the network", "How do phones and other computers open this?", _network),
    Step("drill", "the first drill", "Try it", lambda *_: {}),
)
BY_ID = {step.id: step for step in STEPS}


def answers_of(setting_up: SettingUp) -> Mapping[str, Mapping[str, Any]]:
    found = setting_up.notes().get("answers")
    return found if isinstance(found, Mapping) else {}


def school_of(setting_up: SettingUp, *, people: bool = True, here: str = "") -> FirstSchool:
    """What is known so far. `here`: the address of this page, for want of a better one."""
    said = answers_of(setting_up)
    school, gap, network = said.get("school", {}), said.get("doors", {}), said.get("network", {})
    made = FirstSchool(
        setting_up.site, str(school.get("name", "")), str(school.get("address", "")), str(school.get("entrance", "")),
        str(school.get("timezone") or "UTC"), _places(said.get("rooms", {})),
        kinds=("email",) if said.get("mail") else (),
        gap=Gap(gap["by"], date.fromisoformat(gap["until"]), gap["reason"]) if gap else None,
        public_url=here if not network else f"https://{_bracketed(str(network['host']))}:{here.rpartition(':')[2]}",
    )  # fmt: skip
    if people and (typed := said.get("people", {}).get("people")):
        made = replace(made, people=people_of(str(typed), made)[0])
    return made


def _places(said: Mapping[str, Any]) -> Places:
    zones = tuple((str(one[0]), str(one[1])) for one in said.get("zones", ()))
    return Places(zones, tuple(FirstRoom(*(str(cell) for cell in one)) for one in said.get("places", ())))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
