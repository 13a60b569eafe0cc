"""Small decisions of people within a response: one body each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notifier.engine.closing import Moment, Person, incident_row
from notifier.engine.desk import Desk
from notifier.engine.holds import SEEN_BY, door_orders, held_elsewhere
from notifier.engine.intake import press_body
from notifier.engine.playbook_run import change_step, start_rows, step_of
from notifier.engine.presses import Intake, Press
from notifier.engine.scene import Scene
from notifier.engine.steps.restore_doors import way_back
from notifier.engine.steps.secure_doors import command_row
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.model.door import CommandState, CommandWord, Lock, LockWord, move_command, move_lock
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import OPEN, HandOff, HandOffWord, IncidentState, move_hand_off
from notifier.model.step import (
    StepState,
    TaskState,
    TaskWord,
    TimerKind,
    TimerState,
    TroubleState,
    TroubleWord,
    move_task,
    move_trouble,
)


def _must_be_open(row: Mapping[str, Any]) -> None:
    if row["state"] not in OPEN:
        raise Refused(f"This incident is {row['state']}; nothing of it can be changed any more.", status=409)


def _must_have_pressed(site: str, incident: str, source: str, what: str) -> Body[None]:
    """A device speaks for the press that was made on it, and for no other: its right to press is no more than that."""
    presses = yield Ask("activations_of_incident", {"site": site, "incident": incident})
    if source not in {press["source"] for press in presses}:
        raise Refused(
            f"Nothing was pressed here in this incident; {what} is for who did, or for an operator. Tell the office."
        )


def claim_mistake_body(
    site: str, incident: str, source: str, name: str, at: Moment, *, operator: bool = False
) -> Body[bool]:
    """The presser, or an operator, says it was a mistake; False if that was said before. Raises Refused for others."""
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    if not operator:
        yield from _must_have_pressed(site, incident, source, "calling it a mistake")
    if row["mistake_claimed"]:
        return False
    yield Fact(
        EventKind.MISTAKE_CLAIMED,
        site,
        incident,
        {"by": name, "source": source},
        [
            Row("incident", {"site": site, "id": incident, "mistake_claimed": 1, "outside_paused": 1}),
            Row(
                "task",
                {
                    "site": site,
                    "id": f"mistake:{incident}",
                    "incident": incident,
                    "kind": "mistake_claimed",
                    "subject": incident,
                    "text": f"{name} says that it was a mistake. NOT confirmed: find out, then two "
                    "people confirm it, or resume outside messages.",
                    "state": "open",
                    "owner": None,
                    "owner_name": None,
                    "at": at.now,
                    "moved_at": None,
                },
                new=True,
            ),
        ],
    )
    return True


def pause_outside_body(site: str, incident: str, name: str, pause: bool) -> Body[dict[str, int]]:
    """Messages to people outside wait, but for police, EMS and fire; one person, at once."""
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    counts = yield Ask("outside_counts", {"site": site, "incident": incident})
    data = {"left": int(counts[0]["left_us"] or 0), "waiting": int(counts[0]["waiting"] or 0)}
    kind = EventKind.OUTSIDE_PAUSED if pause else EventKind.OUTSIDE_RESUMED
    yield Fact(
        kind,
        site,
        incident,
        {"by": name, **data},
        [Row("incident", {"site": site, "id": incident, "outside_paused": int(pause)})],
    )
    return data


def hand_off_body(site: str, incident: str, word: str, who: str, source: str, name: str, *, person: bool) -> Body[str]:
    """`who`, outside, was told, has accepted or has come, says `name`. Raises Refused for a device not pressed here."""
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    if not person:
        yield from _must_have_pressed(site, incident, source, "speaking for dispatch")
    try:
        said = HandOffWord(word)
    except ValueError:
        known = ", ".join(HandOffWord)
        raise Refused(f"{word!r} is not one of {known}.", status=422) from None
    state = move_hand_off(HandOff(row["hand_off"]), said)
    yield Fact(
        EventKind.HAND_OFF,
        site,
        incident,
        {"from": row["hand_off"], "to": str(state), "who": who, "by": name},
        [Row("incident", {"site": site, "id": incident, "hand_off": str(state), "hand_off_who": who})],
    )
    return str(state)


def take_command_body(site: str, incident: str, person: str, name: str) -> Body[None]:
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    yield Fact(
        EventKind.COMMAND_TAKEN,
        site,
        incident,
        {"by": name, "before": row["commander"]},
        [Row("incident", {"site": site, "id": incident, "commander": person})],
    )


def note_body(site: str, incident: str, text: str, name: str) -> Body[None]:
    yield from incident_row(site, incident)
    yield Fact(EventKind.NOTE, site, incident, {"by": name, "text": text})


def open_door_body(site: str, incident: str, door: str, name: str, seconds: float, run: int, now: float) -> Body[str]:
    """The timed opening and the timer that ends it, in one fact: an opened door cannot be forgotten."""
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    if row["state"] == IncidentState.CLOSING:
        raise Refused("The incident is closing; its doors are not commanded any more.", status=409)
    timer = f"{incident}:open:{door}:{now:.3f}"
    yield Fact(
        EventKind.DOOR_OPENED,
        site,
        incident,
        {"door": door, "by": name, "seconds": seconds},
        [
            Row("door", {"site": site, "id": door, "commanded": "open", "commanded_at": now}),
            Row(
                "timer",
                {
                    "site": site,
                    "id": timer,
                    "incident": incident,
                    "kind": str(TimerKind.RE_SECURE),
                    "due": now + seconds,
                    "state": str(TimerState.WAITING),
                    "data": {"door": door, "run": run, "phase": "main"},
                },
                new=True,
            ),
        ],
    )
    return timer


def confirm_door_body(site: str, incident: str, door: str, secured: bool, name: str, now: float) -> Body[None]:
    """A named person saw the door: that counts as sensed."""
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    known = yield Ask("lock_door", {"site": site, "id": door})
    if not known:
        raise NotFound(f"There is no door {door}.")
    lock = move_lock(Lock(known[0]["lock"]), LockWord.READS_SECURED if secured else LockWord.READS_UNSECURED)
    rows = [
        Row("door", {"site": site, "id": door, "lock": str(lock), "sensed_at": now, "sensed_how": f"{SEEN_BY} {name}"})
    ]
    commands = yield Ask("last_command_of", {"site": site, "incident": incident, "device": door})
    for command in commands:
        state = CommandState(command["state"])
        if secured and state in (CommandState.SENDING, CommandState.NOT_PROVEN):
            rows.append(
                Row(
                    "command",
                    {
                        "site": site,
                        "id": command["id"],
                        "at": now,
                        "detail": f"{SEEN_BY} {name}",
                        "state": str(move_command(state, CommandWord.PROVE)),
                    },
                )
            )
    task = yield Ask("task_by_id", {"site": site, "id": f"door:{incident}:{door}"})
    if secured and task and task[0]["state"] != TaskState.DONE:
        rows.append(
            Row(
                "task",
                {
                    "site": site,
                    "id": task[0]["id"],
                    "state": str(TaskState.DONE),
                    "moved_at": now,
                    "text": f"{task[0]['text']} {name} has seen it secured.",
                },
            )
        )
    yield Fact(EventKind.DOOR_READ, site, incident, {"door": door, "lock": str(lock), "by": name}, rows)


def lock_again_body(site: str, incident: str, door: str, name: str) -> Body[None]:
    """Who told it, for the record; the command itself is the one that the response gave. Raises Refused, NotFound."""
    row = yield from incident_row(site, incident)
    _must_be_open(row)
    if row["state"] == IncidentState.CLOSING:
        raise Refused("The incident is closing; its doors are not commanded any more.", status=409)
    yield Fact(EventKind.COMMANDED, site, incident, {"door": door, "by": name, "again": True})


def move_task_body(
    site: str, task: str, word: str, person: str, name: str, now: float, to: tuple[str, str] | None = None
) -> Body[str]:
    """`to`: id and name of the one who is to have it, if that is not who says so."""
    known = yield Ask("task_by_id", {"site": site, "id": task})
    if not known:
        raise NotFound(f"There is no task {task}.")
    try:
        said = TaskWord(word)
    except ValueError:
        raise Refused(f"{word!r} is not one of {', '.join(TaskWord)}.", status=422) from None
    state = move_task(TaskState(known[0]["state"]), said)
    if to is not None and said is not TaskWord.TAKE:
        raise Refused(f"A task is given with the word take, not with {word}.", status=422)
    owner = (None, None) if said is TaskWord.GIVE_BACK else to or (person, name)
    yield Fact(
        EventKind.TASK_MOVED,
        site,
        known[0]["incident"],
        {"task": task, "word": word, "by": name, "kind": known[0]["kind"], "to": to[1] if to else None},
        [
            Row(
                "task",
                {
                    "site": site,
                    "id": task,
                    "state": str(state),
                    "owner": owner[0],
                    "owner_name": owner[1],
                    "moved_at": now,
                },
            )
        ],
    )
    return str(state)


def approve_step_body(
    desk: Desk, incident: str, step_id: str, who: Person, may_command: bool
) -> Body[tuple[Scene, list[Row]]]:
    """One of its approvers, or whoever may command, lets a waiting step start."""
    row = yield from incident_row(desk.site, incident)
    _must_be_open(row)
    steps = yield Ask("steps_of_incident", {"site": desk.site, "incident": incident})
    waiting = [step for step in steps if step["id"] == step_id and step["state"] == StepState.WAITING]
    if not waiting:
        raise NotFound(f"No step {step_id} of this incident waits for an approval.")
    known = waiting[-1]
    if known["approval"] != "asked":
        raise Refused(f"The step {step_id} does not wait for an approval yet.", status=409)
    doors = yield Ask("doors_of_site", {"site": desk.site})
    elsewhere = frozenset((yield from held_elsewhere(desk.site, incident)))
    scene = desk.scene_of_step(row, known, doors={door["id"]: door for door in doors}, elsewhere=elsewhere)
    step = step_of(scene, step_id)
    if step is None:
        raise NotFound(f"The playbook has no step {step_id}.")
    approvers = {person.id for person in desk.people(scene, step.approve)}
    if who.id not in approvers and not may_command:
        raise Refused(f"{who.name} is not among the approvers of {step_id}.")
    if step_id.startswith("_exterior:"):
        rows = [
            command_row(scene, step.model_copy(update={"id": step_id}), "door", door, verb, CommandState.SENDING)
            for door in decoded(known["detail"]).get("doors", ())
            if (verb := way_back(scene, door))  # asked again: another response may have locked it meanwhile
        ]
        rows = [change_step(known, state=str(StepState.RUNNING), started_at=scene.now), *rows]
    else:
        rows = start_rows(scene, step)
    rows += door_orders(scene, rows, scene.doors)
    rows.append(change_step(known, approval=f"granted:{who.id}"))
    yield Fact(
        EventKind.APPROVAL_DECIDED,
        desk.site,
        incident,
        {"what": f"step {step_id}", "state": "granted", "second": who.name, "first": "the playbook"},
        rows,
    )
    return scene, rows


def late_decision_body(
    desk: Desk, activation: str, fire: bool, name: str, at: Moment, press_of: Callable[[Mapping[str, Any]], Press]
) -> Body[Intake | None]:
    """A person decides about a late press."""
    yield Ask("lock_site", {"site": desk.site})
    found = yield Ask("activation_by_id", {"site": desk.site, "id": activation})
    if not found or found[0]["state"] not in ("late", "asks"):
        raise NotFound(f"No late press {activation} waits for a decision.")
    done = [
        Row("timer", {"site": desk.site, "id": f"late:{activation}", "state": str(TimerState.CANCELLED)}),
        Row(
            "task",
            {
                "site": desk.site,
                "id": f"late:{activation}",
                "state": str(TaskState.DONE),
                "owner_name": name,
                "moved_at": at.now,
            },
        ),
    ]
    if fire:
        yield Fact(EventKind.TASK_MOVED, desk.site, None, {"late_press": activation, "by": name, "fire": True}, done)
        return (yield from press_body(press_of(found[0]), desk.held_of))
    done.append(Row("activation", {"site": desk.site, "id": activation, "state": "stopped"}))
    yield Fact(EventKind.TASK_MOVED, desk.site, None, {"late_press": activation, "by": name, "fire": False}, done)
    return None


def acknowledge_trouble_body(site: str, trouble: str, name: str, now: float) -> Body[None]:
    known = yield Ask("trouble_by_id", {"site": site, "id": trouble})
    if not known:
        raise NotFound(f"There is no trouble {trouble}.")
    state = move_trouble(TroubleState(known[0]["state"]), TroubleWord.ACKNOWLEDGE)
    yield Fact(
        EventKind.TROUBLE_MOVED,
        site,
        None,
        {"trouble": trouble, "by": name, "state": str(state)},
        [Row("trouble", {"site": site, "id": trouble, "state": str(state), "by_whom": name, "moved_at": now})],
    )
