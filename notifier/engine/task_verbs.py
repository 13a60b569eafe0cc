"""What a person does about something that needs somebody: take it, give it, tell a door once more, say no to a step."""

from __future__ import annotations

import uuid

from notifier.engine.closing import Person
from notifier.engine.desk import Desk
from notifier.engine.moves import lock_again_body, move_task_body
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.step_refusal import refuse_step_body
from notifier.engine.taking_up import take_up_body
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ledger, Outcome
from notifier.model.rights import Caller, Right
from notifier.model.step import Phase


class TaskVerbs:
    """A part of the engine's commands."""

    _engine: Orchestrator
    _desk: Desk
    _ledger: Ledger

    def _person(self, caller: Caller) -> Person:
        raise NotImplementedError

    async def move_task(self, task: str, word: str, caller: Caller, to: str | None = None) -> Outcome:
        who = self._person(caller)
        contact = self._desk.held.people.get(to) if to else None
        if to and contact is None:
            raise NotFound(f"There is nobody called {to} in the contacts. Nothing was given.")
        given = (contact.id, contact.name) if contact else None
        state = await self._ledger.run(
            lambda: move_task_body(self._desk.site, task, word, who.id, who.name, self._desk.clock.now(), given)
        )
        return Outcome(True, f"{given[1] if given else who.name}: {state}.", detail={"state": state})

    async def take_up(self, incident: str, kind: str, subject: str, caller: Caller, to: str | None = None) -> Outcome:
        who, contact = self._person(caller), self._desk.held.people.get(to) if to else None
        if to and contact is None:
            raise NotFound(f"There is nobody called {to} in the contacts. Nothing was given.")
        given, mark, now = (contact.id, contact.name) if contact else None, uuid.uuid4().hex[:6], self._desk.clock.now()
        held = self._desk.held
        state = await self._ledger.run(lambda: take_up_body(held, incident, kind, subject, who, now, mark, given))
        return Outcome(True, f"{given[1] if given else who.name}: {state}.", detail={"state": state})

    async def lock_again(self, incident: str, door: str, caller: Caller) -> Outcome:
        who, row, known = self._person(caller), self._engine.open_incident(incident), self._desk.held.doors.get(door)
        if row is None or known is None:
            raise NotFound(f"There is no open incident {incident} or no door {door}.")
        told = self._ledger.read("last_command_of", site=self._desk.site, incident=incident, device=door)
        if not told:
            raise Refused(f"{known.title} was not told to lock in this response.", status=409)
        await self._ledger.run(lambda: lock_again_body(self._desk.site, incident, door, who.name))
        scene = self._desk.scene(row, told[0]["run"], Phase(told[0]["phase"]), row["playbook"], row["zone"])
        self._engine.devices.secure(scene, told[0]["id"], door)
        return Outcome(True, f"{known.title} is told to lock again. What it reads stands on the board.")

    async def refuse_step(self, incident: str, step: str, reason: str, caller: Caller) -> Outcome:
        who, may = self._person(caller), caller.may(Right.COMMAND, self._desk.site)
        now = self._desk.clock.now()
        doors = await self._ledger.run(
            lambda: refuse_step_body(self._desk, incident, step, who, reason[:500], now, may)
        )
        self._engine.nudge(incident)
        left = f" {len(doors)} doors stay as they are." if doors else " Nothing of it is done."
        return Outcome(True, f"{who.name} refused {step}.{left}", detail={"doors": doors})
