"""What happens when a timer's time comes. Bodies only: a batch of due timers is one transaction, each fires once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from notifier.engine.acknowledgements import enough
from notifier.engine.asked_once import asked_once
from notifier.engine.desk import Desk
from notifier.engine.dispatch import dispatch_body
from notifier.engine.holds import door_orders, held_elsewhere
from notifier.engine.playbook_run import (
    ASK_NEXT_AFTER,
    change_step,
    delay_over,
    escalation_timer,
    repeat_timer,
    step_of,
    timer_row,
)
from notifier.engine.presses import Press
from notifier.engine.scene import Scene
from notifier.engine.steps import announce
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.steps.secure_doors import command_row
from notifier.engine.timers_beside import (
    WITHOUT_INCIDENT,
    Fired,
    approval_over_body,
    no_incident_body,
    re_secure_body,
)
from notifier.engine.writing import decoded, link_rows
from notifier.engine.zone_news import zone_news_body
from notifier.model.door import CommandState, CommandWord, move_command
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import OPEN
from notifier.model.people import Person
from notifier.model.playbook import Notify, Step
from notifier.model.step import (
    StepState,
    TimerKind,
    TimerState,
    TimerWord,
    move_timer,
)

NO_ANSWER = {
    "en": "{{site}}: no answer from {{silent_rooms}}. {{action}} since {{time}}. Incident {{incident}}.",
    "es": "{{site}}: sin respuesta de {{silent_rooms}}. {{action}} desde {{time}}. Incidente {{incident}}.",
}
ASK_APPROVAL = {
    "en": "{{site}}: may the message '%s' leave now? %s. Approve on the board or with: notifier approve. {{incident}}",
    "es": "{{site}}: ¿puede salir ahora el mensaje '%s'? %s. Apruebe en el tablero. {{incident}}",
}


ASKING = -1
"""The level of questions to approvers: neither the step's own messages nor an escalation."""


def fire_body(desk: Desk, due: Sequence[str], press_of: Callable[[Mapping[str, Any]], Press]) -> Body[Fired]:
    """Fire the named timers that still wait. `press_of` turns a late activation's row into a press."""
    return (yield from asked_once(_fire_each(desk, due, press_of)))


def _fire_each(desk: Desk, due: Sequence[str], press_of: Callable[[Mapping[str, Any]], Press]) -> Body[Fired]:
    fired = Fired()
    site = desk.site
    now = desk.clock.now()
    yield from _lock_incidents(site, due, now)
    if len(due) > 1:
        yield Ask("lock_due_timers", {"site": site, "now": now, "limit": len(due)})
    for timer_id in due:
        rows = yield Ask("lock_timer", {"site": site, "id": timer_id})
        if not rows or rows[0]["state"] != TimerState.WAITING:
            continue
        timer = {**rows[0], "data": decoded(rows[0]["data"])}
        state = move_timer(TimerState.WAITING, TimerWord.FIRE)
        done = Row("timer", {"site": site, "id": timer_id, "state": str(state)})
        kind = TimerKind(timer["kind"])
        if kind in WITHOUT_INCIDENT:
            yield from no_incident_body(desk, timer, done, fired, press_of)
            continue
        if kind is TimerKind.APPROVAL:
            yield from approval_over_body(site, timer, done)
            continue
        incidents = yield Ask("lock_incident", {"site": site, "id": timer["incident"]})
        incident = incidents[0]
        fired.incidents.add(incident["id"])
        if kind is TimerKind.RE_SECURE:
            yield from re_secure_body(desk, incident, timer, done, fired)
            continue
        if kind is TimerKind.NEWS_OF_ZONE:
            yield from zone_news_body(desk, incident, timer, done)
            fired.lanes = True
            continue
        if kind is TimerKind.DISPATCH:
            fired.lanes |= yield from dispatch_body(desk, incident, timer, done)
            continue
        steps = yield Ask(
            "step_by_key",
            {
                "site": site,
                "incident": incident["id"],
                "run": timer["data"]["run"],
                "phase": timer["data"]["phase"],
                "id": timer["data"]["step"],
            },
        )
        if not steps or incident["state"] not in OPEN:
            yield Fact(EventKind.TIMER_FIRED, site, incident["id"], {"timer": timer_id, "moot": True}, [done])
            continue
        doors = yield Ask("doors_of_site", {"site": site})
        elsewhere = frozenset((yield from held_elsewhere(site, incident["id"])))
        scene = fired.instant.scene(desk, incident, steps[0], doors, elsewhere)
        step = step_of(scene, timer["data"]["step"])
        if step is None:
            yield Fact(EventKind.TIMER_FIRED, site, incident["id"], {"timer": timer_id, "moot": True}, [done])
            continue
        handler = HANDLERS[kind]
        yield from handler(desk, scene, step, steps[0], timer, done, fired)
    return fired


def _lock_incidents(site: str, due: Sequence[str], now: float) -> Body[None]:
    """All of them before anything that belongs to one, and in one order: else two nodes could wait for one another.

    A timer without an incident may open one, so it needs the site, and that comes before every incident.
    """
    known: dict[str, str | None] = {}
    if len(due) > 1:
        rows = yield Ask("incidents_of_due_timers", {"site": site, "now": now, "limit": len(due)})
        known = {row["id"]: row["incident"] for row in rows}
    for timer_id in due:
        if timer_id not in known:
            rows = yield Ask("incident_of_timer", {"site": site, "id": timer_id})
            known[timer_id] = rows[0]["incident"] if rows else None
    if None in known.values():
        yield Ask("lock_site", {"site": site})
    for incident in sorted({each for each in known.values() if each is not None}):
        yield Ask("lock_incident", {"site": site, "id": incident})


def _start_step(
    desk: Desk, scene: Scene, step: Step, row: Mapping[str, Any], timer: Mapping[str, Any], done: Row, fired: Fired
) -> Body[None]:
    """A delay is over."""
    decoded_row = {**row, "detail": decoded(row["detail"])}
    change = delay_over(scene, step, decoded_row)
    change.rows += door_orders(scene, change.rows, scene.doors)
    kind = EventKind.STEP_WAITS if change.asked else EventKind.STEP_STARTED
    yield Fact(kind, scene.site, scene.incident, {"step": step.id, "clock": scene.now}, [done, *change.rows])
    fired.waves.append((scene, change.rows))


def _within(
    desk: Desk, scene: Scene, step: Step, row: Mapping[str, Any], timer: Mapping[str, Any], done: Row, fired: Fired
) -> Body[None]:
    """Doors that are not proven in time are named, become tasks, and a human is told. They go on being tried."""
    commands = yield Ask(
        "commands_of_step",
        {"site": scene.site, "incident": scene.incident, "run": scene.run, "phase": str(scene.phase), "step": step.id},
    )
    late = [
        each
        for each in commands
        if each["state"] in (CommandState.SENDING, CommandState.QUEUED, CommandState.NOT_PROVEN)
    ]
    if not late:
        yield Fact(EventKind.TIMER_FIRED, scene.site, scene.incident, {"timer": timer["id"], "step": step.id}, [done])
        return
    doors = yield Ask("doors_of_site", {"site": scene.site})
    seen = {door["id"]: door for door in doors}
    rows: list[Row] = [done]
    names = []
    for command in late:
        if command["state"] != CommandState.NOT_PROVEN:
            state = (
                move_command(CommandState(command["state"]), CommandWord.GIVE_UP)
                if (command["state"] == CommandState.SENDING)
                else CommandState.NOT_PROVEN
            )
            rows.append(Row("command", {"site": scene.site, "id": command["id"], "state": str(state)}))
        door = scene.held.doors[command["device"]]
        names.append(door.title)
        known = seen.get(door.id)
        how = (known["sensed_how"] if known else None) or "no answer"
        rows.append(
            Row(
                "task",
                {
                    "site": scene.site,
                    "id": f"door:{scene.incident}:{door.id}",
                    "incident": scene.incident,
                    "kind": "door_not_secured",
                    "subject": door.id,
                    "text": f"{door.title} NOT SECURED. {how.rstrip('.')}.",
                    "state": "open",
                    "owner": None,
                    "owner_name": None,
                    "at": scene.now,
                    "moved_at": None,
                },
                new=True,
            )
        )
    told: list[str] = []
    deed = step.secure_doors
    if deed is not None and deed.otherwise is not None:
        people = desk.people(scene, deed.otherwise.notify)
        words = Notify(to=deed.otherwise.notify, by=deed.otherwise.by, message=deed.otherwise.message)
        more, told = _to_people(desk, scene, step, 1, people, words, fired, doors_not_secured=", ".join(names))
        rows += more
        fired.lanes = True
    yield Fact(
        EventKind.NOT_SECURED,
        scene.site,
        scene.incident,
        {"step": step.id, "doors": [each["device"] for each in late], "told": told},
        rows,
    )


def _to_people(
    desk: Desk,
    scene: Scene,
    step: Step,
    level: int,
    people: Sequence[Person],
    deed: Notify,
    fired: Fired,
    mark: str = "",
    **facts: str,
) -> tuple[list[Row], list[str]]:
    """The messages, and the names of those to whom any leaves: a drill leaves the others alone."""
    audience = desk.audience(scene, people, deed.by, at_once=True)
    letters = fired.instant.letters(desk, scene, deed, **facts)
    rows = delivery_rows(scene, step.id, level, audience.planned, letters, mark)
    reached = {plan.person.id for plan in audience.planned}
    told = [person.name for person in people if person.id in reached]
    return rows + link_rows(scene, audience.planned, desk.link_hashes(scene, audience, letters)), told


def _escalate(
    desk: Desk, scene: Scene, step: Step, row: Mapping[str, Any], timer: Mapping[str, Any], done: Row, fired: Fired
) -> Body[None]:
    """Too few answered: the next are told, and the next level's timer begins."""
    assert step.acknowledge is not None
    level = timer["data"]["level"]
    answers = yield Ask("answers_of_incident", {"site": scene.site, "incident": scene.incident})
    rooms = yield Ask("rooms_of_incident", {"site": scene.site, "incident": scene.incident})
    asked = yield Ask(
        "people_of_step",
        {"site": scene.site, "incident": scene.incident, "run": scene.run, "phase": str(scene.phase), "step": step.id},
    )
    found = fired.instant.counted(scene, row, answers, rooms, asked)
    data = {
        "step": step.id,
        "level": level,
        "asked": len(found.asked),
        "answered": found.safe,
        "need_help": sorted(found.need_help),
        "silent_rooms": list(found.silent),
        "clock": scene.now,
    }
    if enough(step.acknowledge.need, len(found.asked), found.safe) or not found.asked:
        yield Fact(EventKind.TIMER_FIRED, scene.site, scene.incident, {**data, "met": True}, [done])
        return
    wanted = step.acknowledge.escalate[level - 1]
    people = desk.people(scene, wanted.to, found.asked - found.answered)
    names = ", ".join(scene.held.rooms[room].name or room for room in found.silent) or "no room"
    words = Notify(to=wanted.to, by=wanted.by, message=wanted.message or NO_ANSWER)
    messages, told = _to_people(desk, scene, step, level, people, words, fired, silent_rooms=names)
    rows = [
        done,
        change_step(row, level=level),
        *messages,
        *escalation_timer(scene, step, level, scene.now),
    ]
    fired.lanes = True
    yield Fact(EventKind.ESCALATED, scene.site, scene.incident, {**data, "told": told}, rows)


def _ask_approver(
    desk: Desk, scene: Scene, step: Step, row: Mapping[str, Any], timer: Mapping[str, Any], done: Row, fired: Fired
) -> Body[None]:
    """Ask the first, add the next every 2 min; nobody after the last: everybody is reminded, it is never dropped."""
    if row["state"] != StepState.WAITING or row["approval"] != "asked":
        yield Fact(EventKind.TIMER_FIRED, scene.site, scene.incident, {"timer": timer["id"], "moot": True}, [done])
        return
    nth = timer["data"]["nth"]
    approvers = desk.people(scene, step.approve)
    asked = approvers[nth : nth + 1] or approvers
    detail = decoded(row["detail"])
    detail["asked"] = [person.id for person in approvers[: nth + 1]]
    subject = step.id.replace("_", " ").strip(": ")
    preview = next(iter(step.notify.message.values()))[:60] if step.notify else ""
    texts = {language: text % (subject, preview) for language, text in ASK_APPROVAL.items()}
    words = Notify(to=("all",), by=("push", "sms", "email"), message=texts)
    again = timer_row(
        scene,
        f"{step.id}:ask:{nth + 1}",
        TimerKind.ASK_APPROVER,
        scene.now + ASK_NEXT_AFTER,
        {"step": step.id, "nth": nth + 1},
    )
    messages, _told = _to_people(desk, scene, step, ASKING, asked, words, fired, mark=f"ask{nth}")
    rows = [done, change_step(row, detail=detail), again, *messages]
    fired.lanes = True
    yield Fact(
        EventKind.STEP_WAITS,
        scene.site,
        scene.incident,
        {"step": step.id, "asked": [person.name for person in asked], "nth": nth},
        rows,
    )


def _repeat(
    desk: Desk, scene: Scene, step: Step, row: Mapping[str, Any], timer: Mapping[str, Any], done: Row, fired: Fired
) -> Body[None]:
    """The page is said again, until the incident ends."""
    nth = timer["data"]["nth"]
    kinds = announce.page_speakers(scene, step)
    rows = []
    for kind in kinds:
        command = command_row(scene, step, "page", kind, "say", CommandState.SENDING)
        rows.append(Row("command", {**command.values, "id": f"{command.values['id']}:{nth}"}, new=True))
    yield Fact(
        EventKind.TIMER_FIRED,
        scene.site,
        scene.incident,
        {"step": step.id, "again": nth},
        [done, *rows, repeat_timer(scene, step, nth + 1)],
    )
    fired.waves.append((scene, rows))


HANDLERS = {
    TimerKind.START_STEP: _start_step,
    TimerKind.WITHIN: _within,
    TimerKind.ESCALATE: _escalate,
    TimerKind.ASK_APPROVER: _ask_approver,
    TimerKind.REPEAT: _repeat,
}
