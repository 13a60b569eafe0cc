"""One person of a contacts file, whatever kind of file it is: every value read, every fault at its own place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from sys import intern
from typing import Protocol

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.contact_addresses import READERS
from notifier.files.positions import Place
from notifier.files.rules import Rule
from notifier.model.people import ADDRESS_KINDS, OUTSIDE_ROLES, Agreement, Person

OUTSIDE_GROUPS = frozenset({"guardians", "guardian", "parents", "families"})
"""Members are outside unless `on_site` says otherwise."""
LONGEST_NAME = 120

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")
EVERY_KIND, NO_KIND = frozenset(ADDRESS_KINDS), frozenset[str]()
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}


class ContactPlace(Protocol):
    """Where a person stands in a file."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    def place(self, column: str) -> Place: ...
    def fault(self, rule: Rule, column: str, text: str, advice: str) -> Fault: ...


def default_on_site(roles: frozenset[str], groups: frozenset[str]) -> bool:
    """False for police, EMS, fire, dispatch, district and guardians; true for everybody else (PRODUCT 5)."""
    return not (roles & OUTSIDE_ROLES or groups & OUTSIDE_GROUPS)


class PersonReader:
    """Reads what one place says of one person; says each fault at its own column."""

    def __init__(self, row: ContactPlace, cells: Mapping[str, str], faults: list[Fault]) -> None:
        self._row, self._cells, self._faults = row, cells, faults

    def person_id(self) -> str | None:
        written = self._cells["id"]
        if ID.fullmatch(written):
            return written
        text = f"`{written[:64]}` cannot be an id." if written else "This person has no id."
        self._say(rules.CONTACT_ID, "id", text, "Use lower case letters, digits, - and _, like `ada-lopez`.")
        return None

    def person(self, person_id: str, site: str) -> Person:
        roles, groups = self._words("roles"), self._words("groups")
        person = Person(
            id=person_id,
            name=self._name(person_id),
            site=site,
            room=self._cells.get("room") or None,
            roles=roles,
            groups=groups,
            language=self._language(),
            on_site=self._on_site(roles, groups),
            addresses=self._addresses(),
            agreement=self._agreement(),
            consent=self._consent(),
        )
        if (own_site := self._cells.get("site", "")) and site and own_site != site:
            text = f"`{own_site[:64]}` is not this site (`{site}`)."
            self._say(rules.CONTACT_SITE, "site", text, f"Write {site} or leave it empty.")
        if not person.addresses and not any(self._cells.get(kind) for kind in ADDRESS_KINDS):
            self._say(
                rules.CONTACT_NO_ADDRESS, "id", f"{person.name} has no address.", "Add sms, push, email, voice or chat."
            )
        if person.agency and person.agreement is None:
            text = f"{person.name} is an agency address without an agreement."
            advice = "Say who agreed and when: agreement_who, agreement_date, agreement_tested."
            self._say(rules.AGENCY_AGREEMENT, "roles", text, advice)
        return person

    def _name(self, person_id: str) -> str:
        name = self._cells["name"]
        if not name or len(name) > LONGEST_NAME:
            text = "This person has no name." if not name else f"The name has {len(name)} letters."
            self._say(rules.CONTACT_VALUE, "name", text, f"Write a name of at most {LONGEST_NAME} letters.")
        elif name[0] in "=@":
            text = f"The name begins with {name[0]}, as a spreadsheet's formula does; it would be sent as it stands."
            self._say(rules.CONTACT_FORMULA, "name", text, "Write the name itself.")
        return " ".join(name[:LONGEST_NAME].split()) or person_id

    def _words(self, column: str) -> frozenset[str]:
        words, wrong = _words_in(self._cells.get(column, ""))
        for word in wrong:
            text = f"`{word[:64]}` cannot be one of {column}."
            self._say(rules.CONTACT_VALUE, column, text, "Use letters, digits, - and _; put ; between several.")
        return words

    def _language(self) -> str:
        written = self._cells.get("language", "") or "en"
        if _LANGUAGE.fullmatch(written):
            return intern(written)
        self._say(
            rules.CONTACT_VALUE, "language", f"`{written[:40]}` is not a language.", "Use two letters, like en or es."
        )
        return "en"

    def _on_site(self, roles: frozenset[str], groups: frozenset[str]) -> bool:
        written = self._cells.get("on_site", "").lower()
        if written and written not in _YES:
            self._say(
                rules.CONTACT_VALUE, "on_site", f"on_site is `{written[:40]}`.", "Write yes, no, or leave it empty."
            )
        return _YES.get(written, default_on_site(roles, groups))

    def _addresses(self) -> dict[str, str]:
        addresses = {}
        for kind in ADDRESS_KINDS:
            if not (written := self._cells.get(kind, "")):
                continue
            address, wrong, advice = READERS[kind](written)
            if wrong:
                emergency = "emergency number" in wrong
                self._say(rules.EMERGENCY_NUMBER if emergency else rules.CONTACT_ADDRESS, kind, wrong, advice)
            else:
                addresses[kind] = address
        return addresses

    def _consent(self) -> frozenset[str]:
        """`yes` is consent at every address; else the kinds of address, with ; between."""
        written = self._cells.get("consent", "").strip().lower()
        if not written:
            return NO_KIND
        if written in _YES:
            return EVERY_KIND if _YES[written] else NO_KIND
        kinds = {kind.strip() for kind in written.split(";") if kind.strip()}
        if wrong := sorted(kinds - EVERY_KIND):
            text = f"`{wrong[0][:40]}` is no consent."
            self._say(rules.CONTACT_VALUE, "consent", text, "Write yes, no, or kinds such as sms;email.")
        return _shared(frozenset(kinds & EVERY_KIND))

    def _agreement(self) -> Agreement | None:
        who, when = self._cells.get("agreement_who", ""), self._date("agreement_date")
        tested = self._date("agreement_tested")
        if who and when:
            return Agreement(who, when, tested)
        if who or when or tested:
            missing = "agreement_date" if who else "agreement_who"
            self._say(rules.CONTACT_VALUE, missing, "An agreement needs both who and date.", f"Fill in {missing}.")
        return None

    def _date(self, column: str) -> date | None:
        written = self._cells.get(column, "")
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self._say(rules.CONTACT_VALUE, column, f"`{written[:40]}` is not a date.", "Write it like 2026-10-01.")
            return None

    def _say(self, rule: Rule, column: str, text: str, advice: str) -> None:
        self._faults.append(self._row.fault(rule, column, text, advice))


@lru_cache(maxsize=1024)
def _words_in(written: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """(words, what cannot be one). Thousands write the same, so it is read once."""
    words = [word.strip().lower() for word in written.split(";") if word.strip()]
    return _shared(frozenset(filter(ID.fullmatch, words))), tuple(word for word in words if not ID.fullmatch(word))


@lru_cache(maxsize=1024)
def _shared(words: frozenset[str]) -> frozenset[str]:
    """One set for all who have the same: of 100,000 guardians each would bring 430 bytes of its own."""
    return words
