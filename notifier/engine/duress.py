"""An ending asked for under duress: it looks accepted, changes nothing, and police and district are told.

Whoever forces it may be reading the same screen: nothing that is shown says so. The record does, and the messages.
Beside each fact stands what the person is shown of it from now on (`pretence.py`): `shows`, the event as it would have
been, and `looks`, the rows as they would have become.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from notifier.engine.approvals import APPROVAL_LASTS, MESSAGE, as_second, as_they_are
from notifier.engine.closing import Person, incident_row
from notifier.engine.desk import Desk
from notifier.engine.endings import WORD_OF, must_be_second, must_count, needs_two
from notifier.engine.notices import notice_rows
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ending
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import Action, IncidentState, IncidentWord, move_incident
from notifier.model.second_person import why_not_one
from notifier.model.step import ApprovalState, ApprovalWord, Phase, TaskState, move_approval

TOLD = ("role:police", "role:district")
TITLE = {"en": "Duress at {{site}}", "es": "Bajo coacción en {{site}}"}
TEXTS = {
    "en": "{{site}}: %(who)s asked to end the {{action}} of {{time}} UNDER DURESS. Nothing was ended, and their screen "
    "does not say so. Incident {{incident}}.",
    "es": "{{site}}: %(who)s pidió terminar {{action}} de las {{time}} BAJO COACCIÓN. No se terminó nada y su pantalla "
    "no lo dice. Incidente {{incident}}.",
}
TEXTS_OF_A_MESSAGE = {
    "en": "{{site}}: %(who)s was asked to let a message to people outside leave, and answered UNDER DURESS. It has not "
    "left, and their screen does not say so. {{action}} of {{time}} goes on. Incident {{incident}}.",
    "es": "{{site}}: a %(who)s se le pidió dejar salir un mensaje hacia afuera y contestó BAJO COACCIÓN. No salió y su "
    "pantalla no lo dice. {{action}} de las {{time}} continúa. Incidente {{incident}}.",
}


@dataclass(frozen=True, slots=True)
class Looks:
    """What an ending would have led to."""

    state: IncidentState
    approval: str | None = None
    """The question that a second person would be asked."""
    expires: float | None = None
    refused: Refused | None = None
    """What they would be told instead; police and district hear of it all the same."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How who decides counts; as in `decide_body`."""

    may_command: bool = True
    district: bool = False
    reauthenticated: bool = False


def duress_ending_body(
    desk: Desk, incident: str, ending: Ending, who: Person, reason: str, approval: str, mark: str
) -> Body[Looks]:
    """What the ending itself would do. Raises what it would."""
    row = yield from incident_row(desk.site, incident)
    state, now = _after(row, ending), desk.clock.now()
    asked = yield Ask("open_approval", {"site": desk.site, "incident": incident, "what": str(ending)})
    told = _told(desk, row, str(ending), who, mark)
    if not needs_two(desk.held_of, row, ending):
        yield _moved(desk, row, ending, state, who.name, who, reason, told)
        return Looks(state)
    if asked and asked[0]["first"] != who.id:
        if refused := _refusal(desk, row, asked[0], who, grant=True, standing=Standing()):
            yield _fact(desk, row, str(ending), who, told, {}, {})
            return Looks(IncidentState(row["state"]), refused=refused)
        yield from _granted(desk, row, asked[0], state, who, told)
        return Looks(state)
    if asked:  # they have asked already, and are told so again
        yield _fact(desk, row, str(ending), who, told, {}, {})
        return Looks(IncidentState(row["state"]), asked[0]["id"], asked[0]["expires"])
    if why := why_not_one(who.human, row["raised_at"]):
        yield _fact(desk, row, str(ending), who, told, {}, {})
        return Looks(IncidentState(row["state"]), refused=Refused(why))
    question = {
        "id": approval, "incident": incident, "what": str(ending), "state": str(ApprovalState.ASKED),
        "first": who.id, "first_name": who.name, "second": None, "second_name": None, "reason": reason,
        "asked_at": now, "expires": now + APPROVAL_LASTS, "data": as_they_are(who),
    }  # fmt: skip
    shows = {"what": str(ending), "first": who.name, "reason": reason, "approval": approval}
    looks: dict[str, Any] = {"approval": question}
    if ending is Ending.MISTAKE:
        looks["incident"] = {"outside_paused": True, "mistake_claimed": True}
    yield _fact(desk, row, str(ending), who, told, {"kind": str(EventKind.APPROVAL_ASKED), "data": shows}, looks)
    return Looks(IncidentState(row["state"]), approval, now + APPROVAL_LASTS)


def duress_decision_body(
    desk: Desk, approval: str, who: Person, grant: bool, mark: str, standing: Standing
) -> Body[tuple[str, Looks]]:
    """What was asked, and what the decision itself would do. The question stays open. Raises NotFound, IllegalMove."""
    known = yield Ask("incident_of_approval", {"site": desk.site, "id": approval})
    if not known:
        raise NotFound(f"There is no approval {approval}.")
    row = yield from incident_row(desk.site, known[0]["incident"])
    asked = (yield Ask("approval_by_id", {"site": desk.site, "id": approval}))[0]
    no = ApprovalWord.WITHDRAW if who.id == asked["first"] else ApprovalWord.REFUSE
    answer = move_approval(ApprovalState(asked["state"]), ApprovalWord.GRANT if grant else no)
    state = _after(row, Ending(asked["what"]))
    told = _told(desk, row, asked["what"], who, mark)
    if refused := _refusal(desk, row, asked, who, grant=grant, standing=standing):
        yield _fact(desk, row, asked["what"], who, told, {}, {})
        return asked["what"], Looks(IncidentState(row["state"]), refused=refused)
    if grant:
        yield from _granted(desk, row, asked, state, who, told)
        return asked["what"], Looks(state)
    shows = {"what": asked["what"], "state": str(answer), "second": who.name}
    looks = {"approval": {**_plain(asked), **_decided(answer, who)}}
    decided = {"kind": str(EventKind.APPROVAL_DECIDED), "data": shows}
    yield _fact(desk, row, asked["what"], who, told, decided, looks)
    return asked["what"], Looks(IncidentState(row["state"]))


def duress_message_body(desk: Desk, approval: str, who: Person, grant: bool, mark: str) -> Body[Refused | None]:
    """The same about a typed message to people outside: none of it leaves. What they would be refused with, if so."""
    known = yield Ask("incident_of_approval", {"site": desk.site, "id": approval})
    row = yield from incident_row(desk.site, known[0]["incident"])
    asked = (yield Ask("approval_by_id", {"site": desk.site, "id": approval}))[0]
    state = move_approval(ApprovalState(asked["state"]), ApprovalWord.GRANT if grant else ApprovalWord.REFUSE)
    told = _told(desk, row, MESSAGE, who, mark)
    try:
        if grant:
            as_second(asked, who, row["raised_at"], desk.clock.now())
    except Refused as error:
        yield _fact(desk, row, MESSAGE, who, told, {}, {})
        return error
    data = {"what": MESSAGE, "state": str(state), "first": asked["first_name"], "second": who.name}
    looks = {"approval": {**_plain(asked), **_decided(state, who)}}
    yield _fact(desk, row, MESSAGE, who, told, {"kind": str(EventKind.APPROVAL_DECIDED), "data": data}, looks)
    return None


def _refusal(
    desk: Desk, row: Mapping[str, Any], asked: Mapping[str, Any], who: Person, *, grant: bool, standing: Standing
) -> Refused | None:
    """What the decision itself would be refused with."""
    now = desk.clock.now()
    try:
        must_count(asked, now, standing.may_command, standing.district)
        if grant:
            must_be_second(row, asked, who, now, reauthenticated=standing.reauthenticated)
    except Refused as error:
        return error
    return None


def duress_release_body(
    desk: Desk, incident: str, rooms: Sequence[str], who: Person, state: IncidentState
) -> Body[None]:
    """They go on ending it: the rooms that they would have released. Nobody is told once more."""
    row = yield from incident_row(desk.site, incident)
    shows = {"kind": str(EventKind.ROOM_RELEASED), "data": {"rooms": list(rooms), "by": who.name}}
    looks = {"rooms": dict.fromkeys(rooms, who.name), "incident": {"state": str(state)}}
    yield _fact(desk, row, str(row["ended_how"] or Ending.ALL_CLEAR), who, None, shows, looks)


def _granted(
    desk: Desk, row: Mapping[str, Any], asked: Mapping[str, Any], state: IncidentState, who: Person, told: _Told
) -> Body[None]:
    granted = ApprovalState.GRANTED
    shows = {
        "what": asked["what"], "state": str(granted), "first": asked["first_name"], "second": who.name, "alone": False,
    }  # fmt: skip
    looks = {"approval": {**_plain(asked), **_decided(granted, who)}}
    yield _fact(desk, row, asked["what"], who, told, {"kind": str(EventKind.APPROVAL_DECIDED), "data": shows}, looks)
    by = f"{asked['first_name']} and {who.name}"
    yield _moved(desk, row, Ending(asked["what"]), state, by, who, asked["reason"], None)


def _moved(
    desk: Desk,
    row: Mapping[str, Any],
    ending: Ending,
    state: IncidentState,
    by: str,
    who: Person,
    reason: str,
    told: _Told | None,
) -> Fact:
    word = str(WORD_OF[ending])
    shows = {"word": word, "from": row["state"], "to": str(state), "by": by, "reason": reason}
    looks = {"state": str(state), "ended_by": by, "ended_how": str(ending), "reason": reason, "outside_paused": False}
    return _fact(
        desk, row, str(ending), who, told, {"kind": str(EventKind.INCIDENT_MOVED), "data": shows}, {"incident": looks}
    )


def _decided(state: ApprovalState, who: Person) -> dict[str, Any]:
    return {"state": str(state), "second": who.id, "second_name": who.name}


def _plain(approval: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "id", "incident", "what", "state", "first", "first_name", "second", "second_name", "reason", "asked_at",
        "expires",
    )  # fmt: skip
    return {**{name: approval[name] for name in names}, "data": decoded(approval["data"])}


def _after(row: Mapping[str, Any], ending: Ending) -> IncidentState:
    """What the ending itself would lead to. Raises IllegalMove."""
    state = move_incident(IncidentState(row["state"]), WORD_OF[ending])
    if state is IncidentState.RELEASING and row["action"] != Action.LOCKDOWN:
        return move_incident(state, IncidentWord.ROOMS_RELEASED)
    return state


@dataclass(frozen=True, slots=True)
class _Told:
    rows: Sequence[Row]
    names: Sequence[str]


def _fact(
    desk: Desk,
    row: Mapping[str, Any],
    what: str,
    who: Person,
    told: _Told | None,
    shows: Mapping[str, Any],
    looks: Mapping[str, Any],
) -> Fact:
    """`told`: None for what only goes with the fact before it; others see none of it."""
    data = {
        "what": what, "first": who.name, "told": list(told.names) if told else [], "person": who.id,
        "more": told is None, "shows": dict(shows), "looks": dict(looks),
    }  # fmt: skip
    return Fact(EventKind.DURESS, desk.site, row["id"], data, list(told.rows) if told else [])


def _told(desk: Desk, row: Mapping[str, Any], what: str, who: Person, mark: str) -> _Told:
    """The messages and the task that go with it."""
    # Live words, also of a drill: this is none.
    scene = replace(desk.scene(row, row["run"], Phase.MAIN, row["playbook"], row["zone"]), drill=False)
    others = tuple(f"person:{person.id}" for person in desk.people(scene, TOLD) if person.id != who.id)
    texts = TEXTS_OF_A_MESSAGE if what == MESSAGE else TEXTS
    rows, names = notice_rows(desk, scene, others, texts, mark, {"who": who.name}, TITLE)
    task = {
        "site": desk.site,
        "id": f"call:{mark}",
        "incident": row["id"],
        "kind": "call_district",
        "subject": row["id"],
        "text": f"Call the district on-call about {row['code']} before any of it is ended.",
        "state": str(TaskState.OPEN),
        "owner": None,
        "owner_name": None,
        "at": desk.clock.now(),
        "moved_at": None,
    }
    return _Told([Row("task", task, new=True), *rows], names)
