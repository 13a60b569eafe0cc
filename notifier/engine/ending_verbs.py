"""Ending a response, and being the second person: who counts as whom, and what they are told."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from notifier.engine.closing import Ended, Person, release_body
from notifier.engine.duress import Standing, duress_decision_body, duress_ending_body, duress_release_body
from notifier.engine.endings import ask_ending_body, decide_body, may_alone
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.pretence import Pretences, Pretended
from notifier.interfaces import Ending, Outcome
from notifier.model.incident import IncidentState, RoomState
from notifier.model.step import ApprovalState


class EndingVerbs:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self.pretences = Pretences(engine.desk, engine.ledger)

    async def end(self, incident: str, ending: Ending, who: Person, reason: str, *, duress: bool) -> Outcome:
        approval = uuid.uuid4().hex
        if duress:
            mark = f"n{uuid.uuid4().hex[:8]}"
            looks = await self._ledger.run(
                lambda: duress_ending_body(self._desk, incident, ending, who, reason, approval, mark)
            )
            self._engine.lanes.wake()
            if looks.refused:
                raise looks.refused
            return self._said(ending, looks.state, looks.approval, looks.expires)
        ended = await self._ledger.run(
            lambda: ask_ending_body(
                self._desk.held_of, self._desk.site, incident, ending, who, reason, self._desk.moment(), approval
            )
        )
        return self._ended(ended, ending)

    async def decide(
        self, approval: str, who: Person, grant: bool, may_command: bool, *, reauthenticated: bool, duress: bool
    ) -> Outcome:
        self._pretended_question(approval, who, reauthenticated)
        contact = self._desk.held.people.get(who.id)
        district = contact is not None and "district" in contact.roles
        if duress:
            mark, standing = f"n{uuid.uuid4().hex[:8]}", Standing(may_command, district, reauthenticated)
            what, looks = await self._ledger.run(
                lambda: duress_decision_body(self._desk, approval, who, grant, mark, standing)
            )
            self._engine.lanes.wake()
            if looks.refused:
                raise looks.refused
            return self._said(Ending(what), looks.state, None, None) if grant else _refused(who)
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

    async def release(self, incident: str, rooms: Sequence[str], who: Person, override: str) -> Outcome:
        pretended = self.pretences.of(who.id).get(incident)
        if pretended is not None and pretended.incident.get("state") == IncidentState.RELEASING:
            return await self._seem_released(incident, rooms, who, override, pretended)
        ended = await self._ledger.run(
            lambda: release_body(
                self._desk.held_of, self._desk.site, incident, rooms, who, override, self._desk.moment()
            )
        )
        if ended.scene is not None:
            self._engine.spawn(self._engine.closing_wave(ended.scene, ended.rows))
        return self._released(self._released_rooms(incident), ended.state)

    async def _seem_released(
        self, incident: str, rooms: Sequence[str], who: Person, override: str, pretended: Pretended
    ) -> Outcome:
        """They ended it under duress, and are made to go on: it says what it would say, and no room is released."""
        done = {*self._released_rooms(incident), *pretended.rooms, *rooms}
        left = [room for room in self._desk.held.occupied_rooms if room not in done]
        state = IncidentState.RELEASING if left and not override.strip() else IncidentState.CLOSING
        await self._ledger.run(lambda: duress_release_body(self._desk, incident, rooms, who, state))
        return self._released(done, state)

    def _released_rooms(self, incident: str) -> set[str]:
        known = self._ledger.read("rooms_of_incident", site=self._desk.site, incident=incident)
        return {row["id"] for row in known if row["state"] == RoomState.RELEASED}

    def _released(self, rooms: Collection[str], state: IncidentState) -> Outcome:
        released, total = len(rooms), len(self._desk.held.occupied_rooms)
        said = f"{released} of {total} rooms released."
        return Outcome(True, said, detail={"released": released, "rooms": total, "state": str(state)})

    def _pretended_question(self, approval: str, who: Person, reauthenticated: bool) -> None:
        """They asked under duress: to their own decision it says what it would. Raises Refused."""
        for pretended in self.pretences.of(who.id).values():
            mine = pretended.approvals.get(approval)
            if mine is not None and mine["first"] == who.id and mine["state"] == ApprovalState.ASKED:
                may_alone(self._desk.clock.now() - mine["asked_at"], reauthenticated)

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
