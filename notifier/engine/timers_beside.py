"""Timers that belong to no step: a timed opening, an approval that runs out, a late press. Bodies only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.drill_schedule import drill_body
from notifier.engine.intake import press_body, verdict_of
from notifier.engine.late_questions import ask_instead, question_rows
from notifier.engine.notices import notice_body
from notifier.engine.of_one_instant import OfOneInstant
from notifier.engine.presses import ASK_AGAIN_EVERY, Intake, Press, ended_since
from notifier.engine.scene import Scene
from notifier.engine.steps.secure_doors import OPENED, command_row
from notifier.engine.unverified import verify_over_body
from notifier.model.door import CommandState
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.playbook import Step
from notifier.model.step import (
    ApprovalState,
    ApprovalWord,
    Phase,
    TimerKind,
    TimerState,
    move_approval,
)


@dataclass(slots=True)
class Fired:
    """What the engine must put to work after the commit."""

    waves: list[tuple[Scene, list[Row]]] = field(default_factory=list)
    """(scene, rows) with commands to carry out and notify steps to write."""
    intakes: list[Intake] = field(default_factory=list)
    incidents: set[str] = field(default_factory=set)
    lanes: bool = False
    instant: OfOneInstant = field(default_factory=OfOneInstant)


def re_secure_body(
    desk: Desk, incident: Mapping[str, Any], timer: Mapping[str, Any], done: Row, fired: Fired
) -> Body[None]:
    """A responder's timed opening is over: the door is locked again and read back."""
    data = timer["data"]
    scene = desk.scene(incident, data["run"], Phase(data["phase"]), incident["playbook"], incident["zone"])
    step = Step.model_construct(id=f"{OPENED}{data['door']}")
    command = command_row(scene, step, "door", data["door"], "secure", CommandState.SENDING)
    row = Row("command", {**command.values, "id": f"{command.values['id']}:{timer['id']}"}, new=True)
    door = Row("door", {"site": scene.site, "id": data["door"], "commanded": "secure", "commanded_at": scene.now})
    yield Fact(
        EventKind.COMMANDED,
        scene.site,
        scene.incident,
        {"door": data["door"], "verb": "secure", "why": "the timed opening is over"},
        [done, row, door],
    )
    fired.waves.append((scene, [row]))


def approval_over_body(site: str, timer: Mapping[str, Any], done: Row) -> Body[None]:
    approval_id = timer["data"]["approval"]
    known = yield Ask("approval_by_id", {"site": site, "id": approval_id})
    rows = [done]
    if known and known[0]["state"] == ApprovalState.ASKED:
        state = move_approval(ApprovalState.ASKED, ApprovalWord.EXPIRE)
        rows.append(Row("approval", {"site": site, "id": approval_id, "state": str(state)}))
    data = {"approval": approval_id, "state": "expired", **({"what": known[0]["what"]} if known else {})}
    yield Fact(EventKind.APPROVAL_DECIDED, site, timer["incident"], data, rows)


def late_press_body(
    desk: Desk, timer: Mapping[str, Any], done: Row, fired: Fired, press_of: Callable[[Mapping[str, Any]], Press]
) -> Body[None]:
    """A late press: fires when nobody stopped it; after an all-clear it only asks again, every 60 s, for ever."""
    site = desk.site
    found = yield Ask("activation_by_id", {"site": site, "id": timer["data"]["activation"]})
    activation = found[0]
    if activation["state"] not in ("late", "asks"):
        yield Fact(EventKind.TIMER_FIRED, site, None, {"timer": timer["id"], "moot": True}, [done])
        return
    if activation["state"] == "asks":
        nth = timer["data"].get("nth", 0)
        data, due = {**timer["data"], "nth": nth + 1}, desk.clock.now() + ASK_AGAIN_EVERY
        again = Row(
            "timer", {"site": site, "id": timer["id"], "state": str(TimerState.WAITING), "due": due, "data": data}
        )
        asked = yield from question_rows(desk, activation, nth)
        told = {"activation": activation["id"], "asked_again": nth > 0}
        yield Fact(EventKind.LATE_PRESS, site, None, told, [again, *asked])
        fired.lanes = True
        return
    press = press_of(activation)
    verdict = yield from verdict_of(press)
    if (yield from ended_since(press, verdict)):
        yield from ask_instead(press, timer)
        return
    yield Fact(
        EventKind.TIMER_FIRED,
        site,
        None,
        {"timer": timer["id"], "activation": activation["id"]},
        [done, Row("task", {"site": site, "id": f"late:{activation['id']}", "state": "done"})],
    )
    fired.intakes.append((yield from press_body(press, desk.held_of)))


def no_incident_body(
    desk: Desk, timer: Mapping[str, Any], done: Row, fired: Fired, press_of: Callable[[Mapping[str, Any]], Press]
) -> Body[None]:
    """Timers that belong to no incident: a late or an unverified press, and what people are told of them."""
    kind = TimerKind(timer["kind"])
    if kind is TimerKind.NOTICE:
        fired.lanes |= yield from notice_body(desk, timer, done)
    elif kind is TimerKind.VERIFY:
        intake = yield from verify_over_body(
            desk.site, timer, done, press_of, lambda press: press_body(press, desk.held_of)
        )
        if intake is not None:
            fired.intakes.append(intake)
    elif kind is TimerKind.DRILL:
        began, told = yield from drill_body(desk, timer, done, press_of)
        fired.lanes |= told
        if began is not None:
            fired.intakes.append(began)
    else:
        yield from late_press_body(desk, timer, done, fired, press_of)


WITHOUT_INCIDENT = frozenset(
    {TimerKind.FIRE_LATE, TimerKind.ASK_AGAIN, TimerKind.NOTICE, TimerKind.VERIFY, TimerKind.DRILL}
)
