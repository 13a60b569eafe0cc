"""A press becomes an incident, joins one, or makes one worse. One short transaction, decided by a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier.engine.closing import closing_overtaken, links_end
from notifier.engine.dispatch import dispatch_timer
from notifier.engine.held import Held
from notifier.engine.holds import door_orders, let_go
from notifier.engine.ladder import Decision, Verdict, decide
from notifier.engine.playbook_run import begin, change_step
from notifier.engine.presses import Intake, Press, activation_row, committed_unheard, late_press, same_press
from notifier.engine.scene import Scene
from notifier.engine.unverified import only_told, unverified
from notifier.engine.zone_news import news_timer
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import (
    HandOff,
    IncidentState,
    IncidentWord,
    RoomState,
    incident_code,
    move_incident,
)
from notifier.model.step import Phase, StepState, StepWord, TimerKind, TimerState, move_step


def press_body(press: Press, held_of: Mapping[int, Held]) -> Body[Intake]:
    """Record the press, decide, and write the first wave, in one transaction."""
    act, site = press.activation, press.held.id
    yield Ask("lock_site", {"site": site})
    unheard = yield from committed_unheard(press)
    if unheard is not None:
        return unheard
    again = yield from same_press(press)
    if again is not None:
        return again
    told = yield from only_told(press)
    if told is not None:
        return told
    verdict = yield from verdict_of(press)
    late = yield from late_press(press, verdict)
    if late is not None:
        return late
    waits = yield from unverified(press, verdict)
    if waits is not None:
        return waits
    result = Intake(act.id, "", "", joined=verdict.decision is not Decision.OPEN)
    door_rows = yield Ask("doors_of_site", {"site": site})
    doors = {row["id"]: dict(row) for row in door_rows}
    if verdict.decision is Decision.OPEN:
        yield from _open(press, result, doors, after_drill=bool(verdict.overtakes))
    else:
        assert verdict.incident is not None
        yield from _join(press, result, verdict, doors, held_of)
    taken = [row.values["device"] for row in result.rows if row.table == "command"]
    for drill_row in verdict.overtakes:
        result.halted.append(drill_row["id"])
        yield from _overtake(press, drill_row, door_rows, taken)
    return result


def verdict_of(press: Press) -> Body[Verdict]:
    """What this press does to what is open now, for who has locked the site. Raises Refused where a drill may not
    start.
    """
    found = yield Ask("lock_open_incidents", {"site": press.held.id})
    open_rows = sorted(found, key=lambda row: float(row["raised_at"]))
    zones = yield from _zones_reached(press, open_rows)
    return decide(open_rows, press.playbook, press.activation.drill, press.zone, zones)


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


def _open(press: Press, result: Intake, doors: Mapping[str, Mapping[str, Any]], after_drill: bool) -> Body[None]:
    act, site, playbook = press.activation, press.held.id, press.playbook
    state = move_incident(IncidentState.RAISED, IncidentWord.START)
    scene = scene_for(press, press.incident_id, 0, doors, after_drill=after_drill)
    wave = [*begin(scene), *dispatch_timer(scene)]
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
        [incident, activation_row(press, press.incident_id, False, "fired"), *wave, *door_orders(scene, wave, doors)],
    )


def _join(
    press: Press,
    result: Intake,
    verdict: Verdict,
    doors: Mapping[str, Mapping[str, Any]],
    held_of: Mapping[int, Held],
) -> Body[None]:
    act, site, row = press.activation, press.held.id, verdict.incident
    assert row is not None
    result.incident, result.code, result.run = row["id"], row["code"], row["run"]
    zones = yield Ask("zones_of_incident", {"site": site, "incident": row["id"]})
    result.new_zone = press.zone is not None and press.zone not in {each["zone"] for each in zones}
    joined = [activation_row(press, row["id"], True, "fired")]
    if result.new_zone and press.zone is not None:
        joined.append(news_timer(site, row["id"], press.zone, press.now))
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
        yield Fact(EventKind.INCIDENT_JOINED, site, row["id"], data, joined)
        return
    run = row["run"] + 1
    kept = verdict.decision is Decision.WIDEN
    if verdict.decision is not Decision.UPGRADE:
        press = _as_frozen(press, row, held_of)
    cancelled: list[Row] = [] if kept else (yield from cancel_waiting(site, row["id"]))
    scene = scene_for(press, row["id"], run, doors)
    wave = begin(scene)
    result.run, result.started, result.scene, result.rows = run, True, scene, wave
    change: dict[str, Any] = {"site": site, "id": row["id"], "run": run}
    kind = EventKind.INCIDENT_JOINED
    if verdict.decision is Decision.UPGRADE:
        wave += dispatch_timer(scene)
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
    over: list[Row] = []
    if row["state"] in (IncidentState.RELEASING, IncidentState.CLOSING):
        state = move_incident(IncidentState(row["state"]), IncidentWord.DANGER_RETURNS)
        change |= {"state": str(state), "ended_by": None, "ended_how": None, "mistake_claimed": 0}
        data |= {"danger_returns": True}
        result.danger_returned = True
        cancelled += yield from closing_overtaken(site, row["id"])
        over = yield from _closing_over(site, row["id"])
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
        [Row("incident", change), *joined, *cancelled, *over, *back, *wave, *door_orders(scene, wave, doors)],
    )


def _as_frozen(press: Press, row: Mapping[str, Any], held_of: Mapping[int, Held]) -> Press:
    """What runs again, or in one zone more, is the incident's own response as it was frozen, whatever was pressed.

    A press of a lower rung never takes a response down the ladder: that is an ending.
    """
    frozen = held_of.get(row["publication"])
    own = frozen.playbooks.get(row["playbook"]) if frozen is not None else None
    return press if frozen is None or own is None else replace(press, held=frozen, playbook=own)


def _closing_over(site: str, incident: str) -> Body[list[Row]]:
    """Danger returned: what the closing had going on is overtaken."""
    steps = yield Ask("steps_of_incident", {"site": site, "incident": incident})
    running = [step for step in steps if step["phase"] != Phase.MAIN and step["state"] == StepState.RUNNING]
    return [change_step(step, state=str(move_step(StepState.RUNNING, StepWord.CANCEL))) for step in running]


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


def _overtake(
    press: Press, drill: Mapping[str, Any], doors: Sequence[Mapping[str, Any]], taken: Sequence[str]
) -> Body[None]:
    """A live press closes the drill: its waiting work is over, its queued messages never leave.

    `doors` as they stood before the press; `taken`: those that the press commands now.
    """
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
    rows += let_go(site, drill["id"], doors, {}, kept=taken)
    rows += yield from links_end(site, drill["id"], press.now)
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
