"""From a decision as it was recorded to the body that makes it once more: same facts, clock, ids and publication.

Only decisions whose inputs stand in the record are here. What devices, providers and people said is known, not decided;
words and senders of messages hang on a node's settings, which the record does not keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from notifier.engine.approvals import who_asked
from notifier.engine.closing import Moment, Person, close_body, incident_row, release_body
from notifier.engine.desk import Desk
from notifier.engine.endings import WORD_OF, apply_ending, ask_ending_body, decide_body
from notifier.engine.intake import press_body
from notifier.engine.moves import (
    approve_step_body,
    claim_mistake_body,
    confirm_door_body,
    hand_off_body,
    move_task_body,
    open_door_body,
    pause_outside_body,
    take_command_body,
)
from notifier.engine.presses import Press
from notifier.engine.progress import look_body
from notifier.engine.step_refusal import refuse_step_body
from notifier.engine.timers import HANDLERS, fire_body
from notifier.interfaces import Ending
from notifier.model.door import Lock
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Event
from notifier.model.incident import Activation, HandOffWord, IncidentWord
from notifier.model.step import TimerKind, TimerState

Decider = Callable[[Desk, Event, Event | None], "Body[Any] | None"]

TIMERS = frozenset({*HANDLERS, TimerKind.RE_SECURE, TimerKind.NEWS_OF_ZONE, TimerKind.DISPATCH, TimerKind.APPROVAL})
"""Timers of an incident; the others ask calendars and triggers, whose answers are not recorded."""
_TIMES = (
    ("activation", "received_at"), ("incident", "closed_at"), ("room", "at"), ("task", "at"), ("task", "moved_at"),
    ("door", "commanded_at"), ("door", "sensed_at"), ("approval", "asked_at"), ("step", "over_at"),
)  # fmt: skip
"""Columns that hold the moment of the decision that wrote them."""


def decided_at(event: Event) -> float:
    """Ledger time that the decision looked at: as recorded, else that of its event."""
    if isinstance(event.data.get("clock"), float):
        return float(event.data["clock"])
    for table, column in _TIMES:
        for row in event.rows:
            if row.table == table and isinstance(row.values.get(column), float):
                return float(row.values[column])
    return event.at


def again(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    """The body of this decision; None if it is none, or its inputs are not recorded. `desk` stands at its moment."""
    timer = _fired(event)
    if timer is not None:
        return fire_body(desk, [timer], lambda row: _press_of(desk, row, forced=True))
    decider = DECIDERS.get(event.kind)
    return decider(desk, event, following) if decider is not None else None


def _fired(event: Event) -> str | None:
    for row in event.rows:
        if row.table == "timer" and row.values.get("state") == TimerState.FIRED and "data" not in row.values:
            return str(row.values["id"])
    return None


def _row(event: Event, table: str) -> Mapping[str, Any]:
    return next((row.values for row in event.rows if row.table == table), {})


# --------------------------------------------------------------------------------------------------------- presses


def _press(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    row = _row(event, "activation")
    if "received_at" not in row:
        return None
    return _pressed(desk, event, row)


def _pressed(desk: Desk, event: Event, row: Mapping[str, Any]) -> Body[Any]:
    known = yield Ask("activation_by_id", {"site": event.site, "id": row["id"]})
    problems = tuple(event.data.get("problems", ()))
    press = _press_of(desk, row, forced=bool(known), incident=event.incident or "", problems=problems)
    return (yield from press_body(press, desk.held_of))


def _press_of(
    desk: Desk, row: Mapping[str, Any], *, forced: bool, incident: str = "", problems: tuple[str, ...] = ()
) -> Press:
    wall = row["received_wall"] if not forced or incident else desk.moment().wall
    activation = Activation(
        row["id"], row["source"], row["playbook"], row["zone"], bool(row["drill"]), row["note"], row["pressed_at"],
        (row["dedupe"] or "").partition("\x1f")[0], row["presser"], problems,
    )  # fmt: skip
    return Press(
        activation=activation,
        held=desk.held,
        playbook=desk.held.playbooks[row["playbook"]],
        zone=row["zone"],
        incident_id=incident or f"late-{row['id']}",
        node=desk.node,
        now=desk.clock.now(),
        wall=wall,
        clock_time=desk.site_time(),
        unix=datetime.fromisoformat(wall).timestamp(),
        fire_alarm=desk.fire_alarm,
        forced=forced,
    )


# ----------------------------------------------------------------------------------------------------------- steps


def _look(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    """Steps that are over or may start; a step's delay and a closing's beginning are other decisions."""
    return look_body(desk, str(event.incident)) if "asked" in event.data else None


# ------------------------------------------------------------------------------------------------- people's words


def _approval_asked(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    row = _row(event, "approval")
    if "first" not in row or row["what"] not in set(Ending):
        return None  # a message's words, or files: senders and drivers had a say in these
    who, at = who_asked(row), desk.moment()
    ending = Ending(row["what"])
    return ask_ending_body(desk.held_of, event.site, str(event.incident), ending, who, row["reason"], at, row["id"])


ALONE = " alone, signed in anew"


def _approval_decided(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    what, incident = str(event.data.get("what", "")), str(event.incident)
    name = str(event.data.get("second", "")).removesuffix(ALONE)
    granted = event.data.get("state") == "granted"
    if what.startswith("step "):
        words = next((row.values["approval"] for row in event.rows if row.values.get("approval")), "")
        who, step = Person(words.partition(":")[2], name), what.removeprefix("step ")
        if granted:
            return approve_step_body(desk, incident, step, who, may_command=True)
        return refuse_step_body(desk, incident, step, who, str(event.data.get("reason")), desk.clock.now(), True)
    row = _row(event, "approval")
    if not row.get("second") or what not in set(Ending):
        return None
    who = Person(row["second"], name)
    return decide_body(
        desk.held_of, event.site, row["id"], who, granted, desk.moment(), True, False, reauthenticated=True
    )


def _released(desk: Desk, event: Event, following: Event | None) -> Body[Any]:
    override = ""
    if following is not None and following.kind is EventKind.INCIDENT_MOVED:
        override = str(following.data.get("override") or "")
    who = Person("", str(event.data["by"]))
    rooms = event.data.get("rooms", ())
    return release_body(desk.held_of, event.site, str(event.incident), rooms, who, override, desk.moment())


def _moved(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    word = event.data.get("word")
    if word == IncidentWord.FINISH:
        return close_body(event.site, str(event.incident), desk.moment())
    if word == IncidentWord.ROOMS_RELEASED:
        who, why = Person("", str(event.data["by"])), str(event.data.get("override") or "")
        return release_body(desk.held_of, event.site, str(event.incident), (), who, why, desk.moment())
    ending = next((each for each, said in WORD_OF.items() if said == word), None)
    return _ended(desk, event, ending, desk.moment()) if ending is not None else None


def _ended(desk: Desk, event: Event, ending: Ending, at: Moment) -> Body[Any]:
    row = yield from incident_row(event.site, str(event.incident))
    who = Person("", str(event.data["by"]))
    return (yield from apply_ending(desk.held_of, row, ending, who, None, str(event.data.get("reason")), at))


def _hand_off(desk: Desk, event: Event, following: Event | None) -> Body[Any]:
    words = {"told": HandOffWord.TELL, "accepted": HandOffWord.ACCEPT, "on_scene": HandOffWord.ARRIVE}
    word, who, by = str(words.get(str(event.data["to"]), "")), str(event.data["who"]), str(event.data["by"])
    return hand_off_body(event.site, str(event.incident), word, who, "", by, person=True)


def _task_moved(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    row, data = _row(event, "task"), event.data
    if "task" not in data:
        return None
    to = (str(row["owner"]), str(data["to"])) if data.get("to") else None
    owner, by = str(row["owner"]), str(data["by"])
    return move_task_body(event.site, str(data["task"]), str(data["word"]), owner, by, desk.clock.now(), to)


def _door_seen(desk: Desk, event: Event, following: Event | None) -> Body[Any] | None:
    """A named person saw it; what a device says is known, not decided."""
    data = event.data
    if "by" not in data or "lock" not in data:
        return None
    secured, by = data["lock"] == Lock.SECURED, str(data["by"])
    return confirm_door_body(event.site, str(event.incident), str(data["door"]), secured, by, desk.clock.now())


def _door_opened(desk: Desk, event: Event, following: Event | None) -> Body[Any]:
    return _opened(desk, event)


def _opened(desk: Desk, event: Event) -> Body[Any]:
    row = yield from incident_row(event.site, str(event.incident))
    door, by, span = str(event.data["door"]), str(event.data["by"]), float(event.data["seconds"])
    return (yield from open_door_body(event.site, str(event.incident), door, by, span, row["run"], desk.clock.now()))


DECIDERS: Mapping[EventKind, Decider] = {
    EventKind.INCIDENT_OPENED: _press,
    EventKind.INCIDENT_JOINED: _press,
    EventKind.INCIDENT_UPGRADED: _press,
    EventKind.LATE_PRESS: _press,
    EventKind.STEP_OVER: _look,
    EventKind.STEP_STARTED: _look,
    EventKind.APPROVAL_ASKED: _approval_asked,
    EventKind.APPROVAL_DECIDED: _approval_decided,
    EventKind.ROOM_RELEASED: _released,
    EventKind.INCIDENT_MOVED: _moved,
    EventKind.MISTAKE_CLAIMED: lambda desk, event, following: claim_mistake_body(
        event.site, str(event.incident), str(event.data["source"]), str(event.data["by"]), desk.moment(), operator=True
    ),
    EventKind.OUTSIDE_PAUSED: lambda desk, event, following: pause_outside_body(
        event.site, str(event.incident), str(event.data["by"]), pause=True
    ),
    EventKind.OUTSIDE_RESUMED: lambda desk, event, following: pause_outside_body(
        event.site, str(event.incident), str(event.data["by"]), pause=False
    ),
    EventKind.HAND_OFF: _hand_off,
    EventKind.COMMAND_TAKEN: lambda desk, event, following: take_command_body(
        event.site, str(event.incident), str(_row(event, "incident").get("commander")), str(event.data["by"])
    ),
    EventKind.TASK_MOVED: _task_moved,
    EventKind.DOOR_READ: _door_seen,
    EventKind.DOOR_OPENED: _door_opened,
}
