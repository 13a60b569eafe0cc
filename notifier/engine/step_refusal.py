"""A named person says no to a step that waits for approval: it is over, and what it would have done is not done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from notifier.engine.closing import Person, incident_row
from notifier.engine.desk import Desk
from notifier.engine.playbook_run import change_step, step_of
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row, Rows
from notifier.model.incident import OPEN
from notifier.model.step import StepState, StepWord, TimerKind, TimerState, TimerWord, move_step, move_timer


def refuse_step_body(
    desk: Desk, incident: str, step_id: str, who: Person, reason: str, now: float, may_command: bool
) -> Body[list[str]]:
    """Who may approve may refuse. The step is skipped, its approvers are asked no more; returns doors left as they are.

    Steps that wait for this one go on: it is over. Raises Refused (no reason, not theirs, not asked yet), NotFound.
    """
    if not reason.strip():
        raise Refused("Say why it is refused: the reason stands in the record. Nothing was done.", status=422)
    row = yield from incident_row(desk.site, incident)
    if row["state"] not in OPEN:
        raise Refused(f"This incident is {row['state']}; nothing of it can be changed any more.", status=409)
    steps = yield Ask("steps_of_incident", {"site": desk.site, "incident": incident})
    waiting = [step for step in steps if step["id"] == step_id and step["state"] == StepState.WAITING]
    if not waiting:
        raise NotFound(f"No step {step_id} of this incident waits for an approval.")
    known = waiting[-1]
    if known["approval"] != "asked":
        raise Refused(f"The step {step_id} does not wait for an approval yet.", status=409)
    scene = desk.scene_of_step(row, known)
    step = step_of(scene, step_id)
    if step is None:
        raise NotFound(f"The playbook has no step {step_id}.")
    if who.id not in {person.id for person in desk.people(scene, step.approve)} and not may_command:
        raise Refused(f"{who.name} is not among the approvers of {step_id}.")
    timers = yield Ask("waiting_timers_of_incident", {"site": desk.site, "incident": incident})
    skipped = str(move_step(StepState.WAITING, StepWord.SKIP))
    doors = list(decoded(known["detail"]).get("doors", ()))  # of a step of doors alone
    yield Fact(
        EventKind.APPROVAL_DECIDED,
        desk.site,
        incident,
        {
            "what": f"step {step_id}",
            "state": "refused",
            "second": who.name,
            "first": "the playbook",
            "reason": reason.strip(),
            "doors": doors,
        },
        [
            change_step(known, state=skipped, over_at=now, approval=f"refused:{who.id}"),
            *_asked_no_more(known, timers),
        ],
    )
    return doors


def _asked_no_more(step: Mapping[str, Any], timers: Rows) -> Iterator[Row]:
    begins = f"{step['incident']}:{step['run']}:{step['phase']}:{step['id']}:ask:"
    for timer in timers:
        if timer["kind"] == TimerKind.ASK_APPROVER and timer["id"].startswith(begins):
            state = str(move_timer(TimerState.WAITING, TimerWord.CANCEL))
            yield Row("timer", {"site": timer["site"], "id": timer["id"], "state": state})
