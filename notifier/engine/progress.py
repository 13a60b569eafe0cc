"""Looks at an incident again after a change: steps that are over, that may start, a closing that is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.acknowledgements import asked_of, enough, people_answered
from notifier.engine.desk import Desk
from notifier.engine.holds import commands_doors, door_orders, held_elsewhere
from notifier.engine.playbook_run import Progress, advance, late_word, step_of
from notifier.engine.scene import Scene
from notifier.engine.writing import decoded
from notifier.model.door import CommandState
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import OPEN, IncidentState
from notifier.model.step import Phase, StepState

OPEN_COMMAND = (CommandState.QUEUED, CommandState.SENDING)


@dataclass(slots=True)
class Looked:
    waves: list[tuple[Scene, list[Row]]] = field(default_factory=list)
    closing_done: bool = False


def look_body(desk: Desk, incident_id: str) -> Body[Looked]:
    """One look: every run and phase that has steps left."""
    looked = Looked()
    site = desk.site
    found = yield Ask("lock_incident", {"site": site, "id": incident_id})
    if not found or found[0]["state"] not in OPEN:
        return looked
    incident = found[0]
    steps = [dict(row) for row in (yield Ask("steps_of_incident", {"site": site, "incident": incident_id}))]
    for step in steps:
        step["detail"] = decoded(step["detail"])
    commands = yield Ask("commands_of_incident", {"site": site, "incident": incident_id})
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for step in steps:
        groups.setdefault((step["run"], step["phase"]), []).append(step)
    doors: Sequence[Mapping[str, Any]] = ()
    elsewhere: frozenset[str] = frozenset()
    if incident["state"] == IncidentState.CLOSING:
        doors = yield Ask("doors_of_site", {"site": site})
        elsewhere = frozenset((yield from held_elsewhere(site, incident_id)))
    for (run, phase), known in groups.items():
        scene = desk.scene_of_step(
            incident,
            known[0],
            doors={door["id"]: door for door in doors},
            elsewhere=elsewhere,
        )
        mine = [each for each in commands if each["run"] == run and each["phase"] == phase]
        progress = {}
        for step in known:
            state = StepState(step["state"])
            if state is StepState.RUNNING or late_word(step_of(scene, step["id"]), state):
                progress[step["id"]] = yield from _progress(scene, step, mine)
        change = advance(scene, known, progress)
        if commands_doors(change.rows):
            doors = doors or (yield Ask("doors_of_site", {"site": site}))
            change.rows += door_orders(scene, change.rows, {door["id"]: door for door in doors})
        if change.rows:
            data = {
                "over": [[step_id, str(state)] for step_id, state in change.over],
                "started": change.started,
                "asked": change.asked,
                "run": run,
                "phase": phase,
                "clock": scene.now,
            }
            kind = EventKind.STEP_OVER if change.over else EventKind.STEP_STARTED
            yield Fact(kind, site, incident_id, data, change.rows)
            looked.waves.append((scene, change.rows))
        current = run == incident["run"] and phase != Phase.MAIN
        if current and change.all_over and incident["state"] == IncidentState.CLOSING:
            looked.closing_done = True
    return looked


def _progress(scene: Scene, row: Mapping[str, Any], commands: Sequence[Mapping[str, Any]]) -> Body[Progress]:
    step = step_of(scene, row["id"])
    key = {
        "site": scene.site,
        "incident": scene.incident,
        "run": scene.run,
        "phase": str(scene.phase),
        "step": row["id"],
    }
    if step is None or step.notify is None:
        mine = [each for each in commands if each["step"] == row["id"]]
        return Progress(
            commands_open=sum(each["state"] in OPEN_COMMAND for each in mine),
            commands_not_proven=sum(each["state"] == CommandState.NOT_PROVEN for each in mine),
            commands_all=len(mine),
        )
    is_open = yield Ask("step_has_open", key)
    reached = () if is_open else (yield Ask("step_has_reached", key))
    need_met = levels = False
    if step.acknowledge is not None:
        answers = yield Ask("answers_of_incident", {"site": scene.site, "incident": scene.incident})
        if answers:
            people = yield Ask("people_of_step", key)
            in_rooms = {room: [each.id for each in group] for room, group in scene.held.people_of_room.items()}
            answered, need_help = people_answered(answers, in_rooms)
            asked = asked_of(people, row["detail"])
            need_met = enough(step.acknowledge.need, len(asked), len((answered - need_help) & asked))
        mark = f"{scene.incident}:{scene.run}:{scene.phase}:{step.id}:level:"
        sought = {"site": scene.site, "incident": scene.incident, "mark": mark, "size": len(mark)}
        levels = bool((yield Ask("timer_waits", sought)))
    return Progress(deliveries_open=bool(is_open), reached_any=bool(reached), need_met=need_met, levels_waiting=levels)
