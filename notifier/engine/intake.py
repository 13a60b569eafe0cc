"""A press becomes an incident, joins one, or makes one worse. One short transaction, decided by a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.held import Held
from notifier.engine.ladder import Decision, Verdict, decide
from notifier.engine.playbook_run import begin
from notifier.engine.scene import Scene
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import (
    Activation,
    HandOff,
    IncidentState,
    IncidentWord,
    RoomState,
    incident_code,
    move_incident,
)
from notifier.model.playbook import Playbook
from notifier.model.step import Phase, StepState, TimerKind, TimerState

SAME_PRESS = 3.0
"""Seconds within which presses of one source without an Idempotency-Key are one activation (PRODUCT 2.3)."""
LATE = 60.0
"""Seconds between press and arrival after which a press is late (PRODUCT 5)."""
STOP_WITHIN = 15.0
"""Seconds in which somebody may stop a late press before it fires (PRODUCT 5)."""
ASK_AGAIN_EVERY = 60.0


@dataclass(slots=True)
class Intake:
    """What a press did: what the presser is told, and what the engine must put on the wire now."""

    activation: str
    incident: str
    code: str
    joined: bool
    run: int = 0
    started: bool = False
    """A new run began: its first wave is claimed and waits for the wire."""
    scene: Scene | None = None
    rows: list[Row] = field(default_factory=list)
    halted: list[str] = field(default_factory=list)
    """Incidents that were overtaken: nothing of them may leave any more."""
    late: bool = False
    new_zone: bool = False


@dataclass(frozen=True)
class Press:
    """A press with everything that the transaction needs and may not make up itself."""

    activation: Activation
    held: Held
    playbook: Playbook
    zone: str | None
    incident_id: str
    node: str
    now: float
    wall: str
    clock_time: str
    unix: float
    """Wall clock in seconds since 1970: what `pressed_at` is compared with."""
    fire_alarm: bool = False
    forced: bool = False
    """A late press that fires now: its age is not asked again."""


def press_body(press: Press, held_of: Mapping[int, Held]) -> Body[Intake]:
    """Record the press, decide, and write the first wave, in one transaction."""
    act, site = press.activation, press.held.id
    again = yield from _same_press(press)
    open_rows = yield Ask("open_incidents", {"site": site})
    if again is not None:
        return again
    late = yield from _late_press(press, open_rows)
    if late is not None:
        return late
    rungs = {row["id"]: _rung(row, held_of) for row in open_rows}
    zones = yield from _zones_reached(press, open_rows)
    verdict = decide(open_rows, press.playbook, rungs, act.drill, press.zone, zones)
    result = Intake(act.id, "", "", joined=verdict.decision is not Decision.OPEN)
    for drill_row in verdict.overtakes:
        result.halted.append(drill_row["id"])
        yield from _overtake(press, drill_row)
    door_rows = yield Ask("doors_of_site", {"site": site})
    doors = {row["id"]: dict(row) for row in door_rows}
    if verdict.decision is Decision.OPEN:
        yield from _open(press, result, doors, after_drill=bool(verdict.overtakes))
    else:
        assert verdict.incident is not None
        yield from _join(press, result, verdict, doors)
    return result


def _rung(row: Mapping[str, Any], held_of: Mapping[int, Held]) -> int:
    held = held_of.get(row["publication"])
    playbook = held.playbooks.get(row["playbook"]) if held else None
    return playbook.rung if playbook else 0


def _zones_reached(press: Press, open_rows: Sequence[Mapping[str, Any]]) -> Body[dict[str, frozenset[str]]]:
    found: dict[str, frozenset[str]] = {}
    for row in open_rows:
        if row["scope"] != "zone":
            continue
        pressed = yield Ask("zones_of_incident", {"site": press.held.id, "incident": row["id"]})
        reached: frozenset[str] = frozenset()
        for each in pressed:
            reached |= press.held.zones_inside.get(each["zone"], frozenset())
        found[row["id"]] = reached
    return found


def _same_press(press: Press) -> Body[Intake | None]:
    """The earlier activation if this is the same press again; it still leaves its mark as a location fix."""
    act, site = press.activation, press.held.id
    if act.dedupe:
        rows = yield Ask("activation_by_dedupe", {"site": site, "source": act.source, "dedupe": act.dedupe})
    else:
        since = press.now - SAME_PRESS
        rows = yield Ask(
            "recent_activation", {"site": site, "source": act.source, "since": since, "drill": int(act.drill)}
        )
    if not rows or press.forced:
        return None
    first = rows[0]
    if not first["incident"]:
        return Intake(first["id"], "", "", joined=True, late=True)
    yield Fact(
        EventKind.PRESSED,
        site,
        first["incident"],
        {"again": first["id"], "source": act.source, "zone": press.zone, "presser": act.presser},
    )
    return Intake(first["id"], first["incident"], incident_code(first["incident"]), joined=True)


def activation_row(press: Press, incident: str | None, joined: bool, state: str) -> Row:
    act = press.activation
    return Row(
        "activation",
        {
            "site": press.held.id,
            "id": act.id,
            "incident": incident,
            "source": act.source,
            "presser": act.presser,
            "playbook": press.playbook.playbook,
            "zone": press.zone,
            "drill": int(act.drill),
            "note": act.note,
            "dedupe": act.dedupe or None,
            "pressed_at": act.pressed_at,
            "received_at": press.now,
            "received_wall": press.wall,
            "joined": int(joined),
            "state": state,
        },
        new=True,
    )


def _late_press(press: Press, open_rows: Sequence[Mapping[str, Any]]) -> Body[Intake | None]:
    """A press that arrives long after it was made is never dropped and never fires behind people's backs."""
    act, site = press.activation, press.held.id
    age = press.unix - act.pressed_at if act.pressed_at is not None else 0.0
    if press.forced or act.drill or age <= LATE:
        return None
    if any(not row["drill"] for row in open_rows):
        return None  # something is live: it joins as a location fix at once
    ended = yield Ask("ended_since", {"site": site, "since": press.now - age})
    kind, due, state = (
        (TimerKind.ASK_AGAIN, press.now + ASK_AGAIN_EVERY, "asks")
        if ended
        else (TimerKind.FIRE_LATE, press.now + STOP_WITHIN, "late")
    )
    task = Row(
        "task",
        {
            "site": site,
            "id": f"late:{act.id}",
            "incident": None,
            "kind": "late_press",
            "subject": act.id,
            "text": late_text(press, age, bool(ended)),
            "state": "open",
            "owner": None,
            "owner_name": None,
            "at": press.now,
            "moved_at": None,
        },
        new=True,
    )
    timer = Row(
        "timer",
        {
            "site": site,
            "id": f"late:{act.id}",
            "incident": None,
            "kind": str(kind),
            "due": due,
            "state": str(TimerState.WAITING),
            "data": {"activation": act.id},
        },
        new=True,
    )
    yield Fact(
        EventKind.LATE_PRESS,
        site,
        None,
        {"source": act.source, "age": round(age, 1), "after_end": bool(ended)},
        [activation_row(press, None, False, state), task, timer],
    )
    return Intake(act.id, "", "", joined=False, late=True)


def late_text(press: Press, age: float, after_end: bool) -> str:
    minutes = f"{age / 60:.0f} min" if age >= 90 else f"{age:.0f} s"
    if after_end:
        return (
            f"A press for {press.playbook.title} made {minutes} ago arrived now, and an all-clear came since. "
            "Is there danger? It will not start by itself."
        )
    return f"A press for {press.playbook.title} made {minutes} ago arrived now. It starts in 15 s unless stopped."


def scene_for(press: Press, incident: str, run: int, doors: Mapping[str, Mapping[str, Any]], **more: Any) -> Scene:
    reach = press.zone if press.playbook.scope == "zone" else None
    return Scene(
        held=press.held,
        playbook=press.playbook,
        incident=incident,
        code=incident_code(incident),
        run=run,
        phase=Phase.MAIN,
        zone=reach or press.zone,
        drill=press.activation.drill,
        now=press.now,
        wall=press.wall,
        node=press.node,
        presser=press.activation.presser,
        fire_alarm=press.fire_alarm,
        doors=doors,
        clock_time=press.clock_time,
        **more,
    )


def _door_holds(press: Press, rows: Sequence[Row], doors: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Each commanded door remembers what it was before, and who holds it now."""
    holds = []
    for row in rows:
        if row.table != "command" or row.values["kind"] != "door":
            continue
        door = row.values["device"]
        known = doors.get(door)
        if known is None:
            holds.append(
                Row(
                    "door",
                    {
                        "site": press.held.id,
                        "id": door,
                        "lock": "unknown",
                        "leaf": "unknown",
                        "commanded": "secure",
                        "commanded_at": press.now,
                        "sensed_at": None,
                        "sensed_how": None,
                        "before_incident": "unknown",
                        "held_by": row.values["incident"],
                    },
                    new=True,
                )
            )
            continue
        before = known["before_incident"] if known["held_by"] else known["lock"]
        holds.append(
            Row(
                "door",
                {
                    "site": press.held.id,
                    "id": door,
                    "commanded": "secure",
                    "commanded_at": press.now,
                    "before_incident": before,
                    "held_by": row.values["incident"],
                },
            )
        )
    return holds


def _open(press: Press, result: Intake, doors: Mapping[str, Mapping[str, Any]], after_drill: bool) -> Body[None]:
    act, site, playbook = press.activation, press.held.id, press.playbook
    state = move_incident(IncidentState.RAISED, IncidentWord.START)
    scene = scene_for(press, press.incident_id, 0, doors, after_drill=after_drill)
    wave = begin(scene)
    incident = Row(
        "incident",
        {
            "site": site,
            "id": press.incident_id,
            "code": scene.code,
            "action": str(playbook.action),
            "title": playbook.title,
            "playbook": playbook.playbook,
            "publication": press.held.version,
            "run": 0,
            "drill": int(act.drill),
            "state": str(state),
            "scope": playbook.scope,
            "zone": press.zone,
            "severity": playbook.severity,
            "raised_at": press.now,
            "raised_wall": press.wall,
            "raised_by": act.source,
            "presser": act.presser,
            "commander": None,
            "hand_off": str(HandOff.NOBODY),
            "hand_off_who": None,
            "outside_paused": 0,
            "mistake_claimed": 0,
            "ended_by": None,
            "ended_how": None,
            "reason": None,
            "closed_at": None,
        },
        new=True,
    )
    result.incident, result.code, result.started, result.scene, result.rows = (
        press.incident_id,
        scene.code,
        True,
        scene,
        wave,
    )
    yield Fact(
        EventKind.INCIDENT_OPENED,
        site,
        press.incident_id,
        {
            "source": act.source,
            "presser": act.presser,
            "zone": press.zone,
            "playbook": playbook.playbook,
            "publication": press.held.version,
            "drill": act.drill,
            "problems": list(act.problems),
            "clock": press.now,
        },
        [incident, activation_row(press, press.incident_id, False, "fired"), *wave, *_door_holds(press, wave, doors)],
    )


def _join(press: Press, result: Intake, verdict: Verdict, doors: Mapping[str, Mapping[str, Any]]) -> Body[None]:
    act, site, row = press.activation, press.held.id, verdict.incident
    assert row is not None
    result.incident, result.code, result.run = row["id"], row["code"], row["run"]
    zones = yield Ask("zones_of_incident", {"site": site, "incident": row["id"]})
    result.new_zone = press.zone is not None and press.zone not in {each["zone"] for each in zones}
    joined = activation_row(press, row["id"], True, "fired")
    data = {
        "source": act.source,
        "presser": act.presser,
        "zone": press.zone,
        "new_zone": result.new_zone,
        "playbook": press.playbook.playbook,
        "problems": list(act.problems),
        "clock": press.now,
    }
    if verdict.decision is Decision.JOIN:
        yield Fact(EventKind.INCIDENT_JOINED, site, row["id"], data, [joined])
        return
    run = row["run"] + 1
    kept = verdict.decision is Decision.WIDEN
    cancelled = [] if kept else (yield from cancel_waiting(site, row["id"]))
    scene = scene_for(press, row["id"], run, doors)
    wave = begin(scene)
    result.run, result.started, result.scene, result.rows = run, True, scene, wave
    change: dict[str, Any] = {"site": site, "id": row["id"], "run": run}
    kind = EventKind.INCIDENT_JOINED
    if verdict.decision is Decision.UPGRADE:
        kind = EventKind.INCIDENT_UPGRADED
        playbook = press.playbook
        change |= {
            "action": str(playbook.action),
            "title": playbook.title,
            "playbook": playbook.playbook,
            "publication": press.held.version,
            "scope": playbook.scope,
            "severity": playbook.severity,
        }
        data |= {"from": row["playbook"], "to": playbook.playbook}
    back: list[Row] = []
    if row["state"] in (IncidentState.RELEASING, IncidentState.CLOSING):
        state = move_incident(IncidentState(row["state"]), IncidentWord.DANGER_RETURNS)
        change |= {"state": str(state), "ended_by": None, "ended_how": None, "mistake_claimed": 0}
        data |= {"danger_returns": True}
        released = yield Ask("rooms_of_incident", {"site": site, "incident": row["id"]})
        back = [
            Row(
                "room",
                {
                    "site": site,
                    "incident": row["id"],
                    "id": room["id"],
                    "state": str(RoomState.UNKNOWN),
                    "by_whom": None,
                    "at": press.now,
                },
            )
            for room in released
            if room["state"] == RoomState.RELEASED
        ]
    yield Fact(
        kind,
        site,
        row["id"],
        data,
        [Row("incident", change), joined, *cancelled, *back, *wave, *_door_holds(press, wave, doors)],
    )


def cancel_waiting(site: str, incident: str) -> Body[list[Row]]:
    """Rows that end every waiting step and timer of an incident; what was sent stays, running work goes on."""
    rows: list[Row] = []
    steps = yield Ask("steps_of_incident", {"site": site, "incident": incident})
    for step in steps:
        if step["state"] == StepState.WAITING:
            key = {name: step[name] for name in ("site", "incident", "run", "phase", "id")}
            rows.append(Row("step", {**key, "state": str(StepState.CANCELLED)}))
    timers = yield Ask("waiting_timers_of_incident", {"site": site, "incident": incident})
    ended = (TimerKind.START_STEP, TimerKind.ASK_APPROVER, TimerKind.REPEAT)
    rows += [
        Row("timer", {"site": site, "id": timer["id"], "state": str(TimerState.CANCELLED)})
        for timer in timers
        if timer["kind"] in ended
    ]
    return rows


def _overtake(press: Press, drill: Mapping[str, Any]) -> Body[None]:
    """A live press closes the drill: its waiting work is over, its queued messages never leave."""
    site = press.held.id
    state = move_incident(IncidentState(drill["state"]), IncidentWord.OVERTAKEN)
    rows = yield from cancel_waiting(site, drill["id"])
    timers = yield Ask("waiting_timers_of_incident", {"site": site, "incident": drill["id"]})
    done = {row.values["id"] for row in rows if row.table == "timer"}
    rows += [
        Row("timer", {"site": site, "id": timer["id"], "state": str(TimerState.CANCELLED)})
        for timer in timers
        if timer["id"] not in done
    ]
    yield Fact(
        EventKind.INCIDENT_MOVED,
        site,
        drill["id"],
        {
            "word": str(IncidentWord.OVERTAKEN),
            "from": drill["state"],
            "to": str(state),
            "text": "A live press ended this drill. This is not the drill any more.",
        },
        [
            Row(
                "incident",
                {
                    "site": site,
                    "id": drill["id"],
                    "state": str(state),
                    "ended_by": press.activation.source,
                    "ended_how": "overtaken",
                    "closed_at": press.now,
                },
            ),
            *rows,
        ],
    )
