"""Messages that somebody types during a response. Where the policy says two, those to people outside wait for a second
person, who confirms the text and whom it goes to; people on site and every agency get theirs at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from notifier.engine.approvals import (
    APPROVAL_LASTS,
    MESSAGE,
    as_second,
    asked_rows,
    granted_fact,
    refuse_body,
    who_asked,
)
from notifier.engine.closing import Person, incident_row
from notifier.engine.duress import duress_message_body
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_people
from notifier.engine.writing import decoded, write_extra_body
from notifier.errors import NotFound, Refused
from notifier.interfaces import Outcome
from notifier.model import people
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact
from notifier.model.incident import OPEN
from notifier.model.playbook import Notify
from notifier.model.rights import Caller
from notifier.model.second_person import why_not_one
from notifier.model.step import Phase

MOVING = frozenset({"unanswered", "role:commander"})
"""Audiences that change while the question waits: whom it was asked about is then kept by name."""


class TypedMessages:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger

    async def send(
        self, incident: str, to: Sequence[str], by: Sequence[str], text: str, caller: Caller, who: Person | None
    ) -> Outcome:
        """`who`: the person behind the caller, if it is one; only a person may ask for a second one."""
        scene, deed = self._scene(incident), _deed(to, by, text)
        unanswered = self._engine.letters.unanswered(scene) if "unanswered" in to else frozenset()
        everybody = select_people(scene.held, deed.to, scene.zone, scene.commander, unanswered)
        if not everybody:
            raise Refused(f"{', '.join(to)} means nobody here. Nothing was sent.", status=422)
        two = scene.held.site.two_people.outside_messages
        waits = [person for person in everybody if two and not person.on_site and not person.agency]
        left = {person.id for person in waits}
        now_to = [person for person in everybody if person.id not in left]
        if not waits:
            count = await self._ledger.run(lambda: self._write(scene, deed, now_to, caller.name))
            self._engine.lanes.wake()
            return _sent(count, len(now_to))
        if who is None:
            raise Refused(
                "Messages to people outside take two people here, each with an account of their own. Nothing was sent. "
                "A machine may write to people on site and to agencies."
            )
        approval, at = uuid.uuid4().hex, self._desk.clock.now()
        kept = {"ids": sorted(left)} if MOVING & set(to) else {}
        data = {"to": list(to), "by": list(deed.by), "text": text, "people": len(waits), **kept}

        def body() -> Body[int]:
            row = yield from incident_row(self._desk.site, incident)
            if why := why_not_one(who.human, row["raised_at"]):
                raise Refused(why)
            expires = at + APPROVAL_LASTS
            rows = asked_rows(self._desk.site, approval, incident, MESSAGE, who, "", at, expires, data)
            told = {"what": MESSAGE, "first": who.name, "approval": approval, "people": len(waits), "to": list(to)}
            yield Fact(EventKind.APPROVAL_ASKED, self._desk.site, incident, told, rows)
            return (yield from self._write(scene, deed, now_to, caller.name)) if now_to else 0

        count = await self._ledger.run(body)
        self._engine.lanes.wake()
        gone = f" {_sent(count, len(now_to)).text}" if now_to else ""
        outside = f"{len(waits)} people outside" if len(waits) > 1 else "1 person outside"
        text = f"The message to {outside} waits for a second person, who reads it first; nothing of it has left.{gone}"
        detail = {"deliveries": count, "people": len(now_to), "outside": len(waits)}
        return Outcome(False, text, approval, self._wall(at + APPROVAL_LASTS), detail)

    async def decide(self, row: Mapping[str, Any], who: Person, grant: bool, why: str, *, duress: bool) -> Outcome:
        """`row`: the question. Raises Refused, IllegalMove."""
        site, incident = self._desk.site, str(row["incident"])
        if duress:
            mark = f"n{uuid.uuid4().hex[:8]}"
            refused = await self._ledger.run(lambda: duress_message_body(self._desk, row["id"], who, grant, mark))
            self._engine.lanes.wake()
            if refused is not None:
                raise refused
            if not grant:
                return _refused(who, row)
            deed, waits = self._asked(self._scene(incident), row)
            return _sent(self._count(self._scene(incident), deed, waits), len(waits))
        if not grant:
            await self._ledger.run(lambda: refuse_body(site, row["id"], who, why))
            return _refused(who, row)
        if who.id == row["first"]:
            raise Refused("The second person must be another one than the first. You wrote it; somebody else reads it.")
        scene = self._scene(incident)
        deed, waits = self._asked(scene, row)

        def body() -> Body[int]:
            # Incident first, as every body does: the other way round two nodes would wait for one another.
            known = yield from incident_row(site, incident)
            if known["state"] not in OPEN:
                raise Refused(f"This incident is {known['state']}; nothing is sent of it any more.", status=409)
            asked = (yield Ask("approval_by_id", {"site": site, "id": row["id"]}))[0]
            as_second(asked, who, known["raised_at"], self._desk.clock.now())
            yield granted_fact(asked, who)
            return (yield from self._write(scene, deed, waits, f"{who_asked(asked).name} and {who.name}"))

        count = await self._ledger.run(body)
        self._engine.lanes.wake()
        return _sent(count, len(waits))

    def _asked(self, scene: Scene, row: Mapping[str, Any]) -> tuple[Notify, Sequence[people.Person]]:
        """What was asked, and whom it goes to: the frozen publication's own people, so the same as were shown."""
        data = decoded(row["data"])
        known, to = scene.held.people, tuple(data["to"])
        found: Sequence[people.Person] = (
            [known[one] for one in data["ids"] if one in known]
            if "ids" in data
            else select_people(scene.held, to, scene.zone, scene.commander, frozenset())
        )
        waits = [person for person in found if not person.on_site and not person.agency]
        return _deed(data["to"], data["by"], data["text"]), waits

    def _write(self, scene: Scene, deed: Notify, to: Sequence[people.Person], by: str) -> Body[int]:
        audience = self._desk.audience(scene, to, deed.by, at_once=True)
        letters = self._desk.letters(scene, deed)
        data = {"by": by, "to": list(deed.to), "people": len(to)}
        mark, kind = uuid.uuid4().hex[:6], EventKind.MESSAGE_TYPED
        return write_extra_body(scene, "_typed", 0, audience.planned, letters, {}, kind, data, mark)

    def _count(self, scene: Scene, deed: Notify, to: Sequence[people.Person]) -> int:
        return len(self._desk.audience(scene, to, deed.by, at_once=True).planned)

    def _scene(self, incident: str) -> Scene:
        row = self._engine.open_incident(incident)
        if row is None:
            raise NotFound(f"There is no open incident {incident}.")
        return self._desk.scene(row, row["run"], Phase.MAIN, row["playbook"], row["zone"])

    def _wall(self, steady: float) -> str:
        wall = self._desk.clock.wall()
        later = wall.timestamp() + steady - self._desk.clock.now()
        return datetime.fromtimestamp(later, wall.tzinfo).isoformat(timespec="seconds")


def _deed(to: Sequence[str], by: Sequence[str], text: str) -> Notify:
    return Notify(to=tuple(to), by=tuple(by) or ("push", "sms"), message={"en": text})


def _sent(count: int, persons: int) -> Outcome:
    """One way of saying it: under duress it must not read otherwise."""
    text = f"{count} messages to {persons} people are queued."
    return Outcome(True, text, detail={"deliveries": count, "people": persons})


def _refused(who: Person, row: Mapping[str, Any]) -> Outcome:
    said = "taken back" if who.id == row["first"] else f"refused by {who.name}"
    return Outcome(True, f"The message is {said}. Nothing of it has left.")
