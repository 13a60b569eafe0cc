"""Ending a response, and being the second person: who counts as whom, and what they are told."""

from __future__ import annotations

import uuid
from datetime import datetime

from notifier.engine.approvals import APPROVAL_LASTS
from notifier.engine.closing import Ended, Person
from notifier.engine.duress import duress_decision_body, duress_ending_body
from notifier.engine.endings import ask_ending_body, decide_body
from notifier.engine.orchestrator import Orchestrator
from notifier.interfaces import Ending, Outcome
from notifier.model.incident import IncidentState


class EndingVerbs:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger

    async def end(self, incident: str, ending: Ending, who: Person, reason: str, *, duress: bool) -> Outcome:
        approval = uuid.uuid4().hex
        if duress:
            state, waits = await self._ledger.run(
                lambda: duress_ending_body(self._desk, incident, ending, who, f"n{approval[:8]}")
            )
            self._engine.lanes.wake()
            expires = self._desk.clock.now() + APPROVAL_LASTS
            return self._said(ending, state, approval if waits else None, expires)
        ended = await self._ledger.run(
            lambda: ask_ending_body(
                self._desk.held_of, self._desk.site, incident, ending, who, reason, self._desk.moment(), approval
            )
        )
        return self._ended(ended, ending)

    async def decide(
        self, approval: str, who: Person, grant: bool, may_command: bool, *, reauthenticated: bool, duress: bool
    ) -> Outcome:
        if duress:
            mark = f"n{uuid.uuid4().hex[:8]}"
            what, state = await self._ledger.run(lambda: duress_decision_body(self._desk, approval, who, grant, mark))
            self._engine.lanes.wake()
            return self._said(Ending(what), state, None, None) if grant else _refused(who)
        contact = self._desk.held.people.get(who.id)
        district = contact is not None and "district" in contact.roles
        row, ended = await self._ledger.run(
            lambda: decide_body(
                self._desk.held_of,
                self._desk.site,
                approval,
                who,
                grant,
                self._desk.moment(),
                may_command,
                district,
                reauthenticated=reauthenticated,
            )
        )
        return self._ended(ended, Ending(row["what"])) if ended is not None else _refused(who)

    def _ended(self, ended: Ended, ending: Ending) -> Outcome:
        if ended.scene is not None:
            self._engine.spawn(self._engine.closing_wave(ended.scene, ended.rows))
        return self._said(ending, ended.state, ended.approval, ended.expires)

    def _said(self, ending: Ending, state: IncidentState, approval: str | None, expires: float | None) -> Outcome:
        """One way of saying it: under duress it must not read otherwise."""
        words = str(ending).replace("_", "-")
        if approval is not None:
            text = f"Asked. Waiting for a second person to approve {words}. Until then the response goes on."
            return Outcome(False, text, approval, self._wall_of(expires), {"state": str(state)})
        return Outcome(True, f"{words}: the incident is {state}.", detail={"state": str(state)})

    def _wall_of(self, steady: float | None) -> str | None:
        if steady is None:
            return None
        wall = self._desk.clock.wall()
        later = wall.timestamp() + steady - self._desk.clock.now()
        return datetime.fromtimestamp(later, wall.tzinfo).isoformat(timespec="seconds")


def _refused(who: Person) -> Outcome:
    return Outcome(True, f"Refused by {who.name}. Nothing was changed; the response goes on.")
