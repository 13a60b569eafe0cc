"""One marked message to one person over the real lanes, to see whether their addresses work. Routine, and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.steps.notify import delivery_rows
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ledger, Outcome
from notifier.model.delivery import Purpose
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import Action, incident_code
from notifier.model.people import ADDRESS_KINDS, masked
from notifier.model.playbook import Notify
from notifier.model.rights import Caller
from notifier.model.step import Phase

STEP = "_check"
PAUSE = 60.0
"""Seconds between two checks of one person: what went wrong with one is known by then."""
AN_HOUR, MOST_AN_HOUR = 3600.0, 30
"""Checks of one node in an hour: this is no way to write to a school."""
PRIORITY = 8
"""Behind drills; a sender's reserve for emergencies is never touched (engine.deliveries)."""
TEXTS = {
    "en": "{{site}}: this only checks that we can reach you, asked for by %(who)s at {{time}}. It is no alarm. "
    "You need not do anything.",
    "es": "{{site}}: esto solo comprueba que podemos contactarle, lo pidió %(who)s a las {{time}}. No es una "
    "alarma. No tiene que hacer nada.",
}
TITLES = {"en": "{{site}}: contact check, no alarm", "es": "{{site}}: comprobación de contacto, sin alarma"}


def check_id(person: str) -> str:
    """What a person's checks stand under in the record; no incident has such an id."""
    return f"check-{person}"


class ContactChecks:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self._made: list[float] = []

    async def check(self, name: str, caller: Caller) -> Outcome:
        """Raises NotFound, or Refused while a response is open, too soon after the last one, or without an address."""
        desk, now = self._desk, self._desk.clock.now()
        person = desk.held.people.get(name)
        if person is None:
            raise NotFound("Nobody of that id is published; the list of people has everybody.")
        if desk.incidents:
            raise Refused("A response is open: nothing else is sent meanwhile. Check the contact afterwards.", 409)
        self._made = [at for at in self._made if now - at < AN_HOUR]
        if len(self._made) >= MOST_AN_HOUR:
            raise Refused(f"{MOST_AN_HOUR} contacts were checked within an hour. Go on later.", 429)
        deed = Notify(
            to=(f"person:{name}",), by=ADDRESS_KINDS, purpose=Purpose.ROUTINE, title=dict(TITLES),
            message={language: text % {"who": plain(caller.name)} for language, text in TEXTS.items()},
        )  # fmt: skip
        scene = self._scene(name)
        audience = desk.audience(scene, (person,), deed.by, at_once=True)
        if not audience.planned:
            why = "said stop to every sender" if audience.opted_out else "has no address that a sender here takes"
            raise Refused(f"{person.name} {why}: nothing was sent.", 409)
        self._made.append(now)
        rows = delivery_rows(scene, STEP, 0, audience.planned, desk.letters(scene, deed), f"{now:.0f}")
        ranked = [Row(row.table, {**row.values, "priority": PRIORITY}, new=True) if row.table == "delivery" else row
                  for row in rows]  # fmt: skip
        await self._ledger.run(lambda: self._body(name, person.name, caller, ranked))
        self._engine.lanes.wake()
        ways = ", ".join(f"{plan.kind} {masked(plan.address)}" for plan in audience.planned)
        return Outcome(True, f"Asked to leave: {ways}. What became of each stands beside it.")

    def _body(self, name: str, called: str, caller: Caller, rows: Sequence[Row]) -> Body[None]:
        site = self._desk.site
        before = yield Ask("checks_of_person", {"site": site, "incident": check_id(name), "person": name})
        now = self._desk.clock.now()
        if before and now - before[0]["made_at"] < PAUSE:
            raise Refused(f"{called} was checked less than a minute ago. Look at what became of that first.", 429)
        known = {row["words"] for row in before}
        fresh = [row for row in rows if row.table != "words" or row.values["id"] not in known]
        said = {"what": "contact_check", "told": [called], "by": caller.name}
        yield Fact(EventKind.NOTICE_SENT, site, check_id(name), said, fresh)

    def _scene(self, name: str) -> Any:
        """Of no incident; its words count as closing ones, which leave while nothing is open (engine.notices)."""
        desk = self._desk
        book = next(iter(desk.held.playbooks.values()), None)
        if book is None:
            raise Refused("Nothing is published yet; publish first.", 409)
        about = check_id(name)
        row = {
            "id": about, "code": incident_code(about), "publication": desk.held.version, "drill": 0, "presser": "",
            "commander": None, "raised_wall": desk.clock.wall().isoformat(),
        }  # fmt: skip
        scene = desk.scene(row, 0, Phase.ALL_CLEAR, book.playbook, None)
        mild = {"title": "Contact check", "action": Action.OTHER, "severity": "minor"}
        return replace(scene, playbook=book.model_copy(update=mild))


def checks_of(desk: Desk, ledger: Ledger, person: str) -> list[dict[str, Any]]:
    """What became of a person's checks, newest first."""
    rows = ledger.read("checks_of_person", site=desk.site, incident=check_id(person), person=person)
    now, wall = desk.clock.now(), desk.clock.wall()
    return [
        {
            "kind": row["kind"], "sender": row["lane"], "state": row["state"], "address": masked(row["address"]),
            "reason": row["reason"] or row["detail"] or "",
            "wall": (wall + timedelta(seconds=row["made_at"] - now)).isoformat(timespec="seconds"),
        }
        for row in rows
    ]  # fmt: skip


def plain(text: str) -> str:
    """No field is filled in words that came from outside."""
    return text.replace("{{", "").replace("}}", "")[:80]


class ContactVerbs:
    """A part of the engine's commands."""

    checks: ContactChecks

    async def check_contact(self, person: str, caller: Caller) -> Outcome:
        return await self.checks.check(person, caller)
