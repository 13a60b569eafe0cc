"""An ending asked for under duress: it looks accepted, changes nothing, and police and district are told.

Whoever forces it may be reading the same screen: nothing that is shown says so. The record does, and the messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from notifier.engine.closing import Person, incident_row
from notifier.engine.desk import Desk
from notifier.engine.endings import WORD_OF, needs_two
from notifier.engine.notices import notice_rows
from notifier.errors import NotFound
from notifier.interfaces import Ending
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import Action, IncidentState, IncidentWord, move_incident
from notifier.model.step import ApprovalState, ApprovalWord, Phase, TaskState, move_approval

TOLD = ("role:police", "role:district")
TITLE = {"en": "Duress at {{site}}", "es": "Bajo coacción en {{site}}"}
TEXTS = {
    "en": "{{site}}: %(who)s asked to end the {{action}} of {{time}} UNDER DURESS. Nothing was ended, and their screen "
    "does not say so. Incident {{incident}}.",
    "es": "{{site}}: %(who)s pidió terminar {{action}} de las {{time}} BAJO COACCIÓN. No se terminó nada y su pantalla "
    "no lo dice. Incidente {{incident}}.",
}


def duress_ending_body(
    desk: Desk, incident: str, ending: Ending, who: Person, mark: str
) -> Body[tuple[IncidentState, bool]]:
    """(the state it would be in, whether a second person would be asked). Raises what the ending itself would."""
    row = yield from incident_row(desk.site, incident)
    state = _after(row, ending)
    asked = yield Ask("open_approval", {"site": desk.site, "incident": incident, "what": str(ending)})
    waits = needs_two(desk.held_of, row, ending) and not (asked and asked[0]["first"] != who.id)
    yield from _tell(desk, incident, str(ending), who, mark)
    return (IncidentState(row["state"]) if waits else state), waits


def duress_decision_body(
    desk: Desk, approval: str, who: Person, grant: bool, mark: str
) -> Body[tuple[str, IncidentState]]:
    """(what was asked, the state it would be in). The question stays open. Raises NotFound, IllegalMove."""
    known = yield Ask("incident_of_approval", {"site": desk.site, "id": approval})
    if not known:
        raise NotFound(f"There is no approval {approval}.")
    row = yield from incident_row(desk.site, known[0]["incident"])
    found = (yield Ask("approval_by_id", {"site": desk.site, "id": approval}))[0]
    move_approval(ApprovalState(found["state"]), ApprovalWord.GRANT if grant else ApprovalWord.REFUSE)
    state = _after(row, Ending(found["what"]))
    yield from _tell(desk, row["id"], found["what"], who, mark)
    return found["what"], state


def _after(row: Mapping[str, Any], ending: Ending) -> IncidentState:
    """What the ending itself would lead to. Raises IllegalMove."""
    state = move_incident(IncidentState(row["state"]), WORD_OF[ending])
    if state is IncidentState.RELEASING and row["action"] != Action.LOCKDOWN:
        return move_incident(state, IncidentWord.ROOMS_RELEASED)
    return state


def _tell(desk: Desk, incident: str, what: str, who: Person, mark: str) -> Body[None]:
    row = yield from incident_row(desk.site, incident)
    # Live words, also of a drill: this is none.
    scene = replace(desk.scene(row, row["run"], Phase.MAIN, row["playbook"], row["zone"]), drill=False)
    others = tuple(f"person:{person.id}" for person in desk.people(scene, TOLD) if person.id != who.id)
    rows, names = notice_rows(desk, scene, others, TEXTS, mark, {"who": who.name}, TITLE)
    task = {
        "site": desk.site,
        "id": f"call:{mark}",
        "incident": incident,
        "kind": "call_district",
        "subject": incident,
        "text": f"Call the district on-call about {row['code']} before any of it is ended.",
        "state": str(TaskState.OPEN),
        "owner": None,
        "owner_name": None,
        "at": desk.clock.now(),
        "moved_at": None,
    }
    data = {"what": what, "first": who.name, "told": names}
    yield Fact(EventKind.DURESS, desk.site, incident, data, [Row("task", task, new=True), *rows])
