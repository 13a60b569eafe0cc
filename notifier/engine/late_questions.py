"""Who is asked about a press that arrived after an end: by message too, for nobody may look at the board then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.presses import Press, late_text
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.writing import link_rows
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import IncidentState
from notifier.model.playbook import Notify
from notifier.model.step import Phase, TimerKind, TimerState

ASKED = ("role:office", "role:principal", "role:district")
INFORMED = ("role:police",)
"""Once: what becomes of it is for the school to find out (PRODUCT 5, late press)."""
IS_THERE_DANGER = {
    "en": "{{site}}: a press for {{action}} at {{zone}} was made earlier and arrived only now; an all-clear came "
    "since. Is there danger? It does not start by itself: decide on the board. Incident before: {{incident}}.",
    "es": "{{site}}: una alarma de {{action}} en {{zone}} se hizo antes y llega apenas ahora, después del fin. "
    "¿Hay peligro? No empieza sola: decida en el tablero. Incidente anterior: {{incident}}.",
}


def question_rows(desk: Desk, activation: Mapping[str, Any], nth: int) -> Body[list[Row]]:
    """Messages that ask office and district whether there is danger, and the first time inform police.

    They belong to the incident that ended: a delivery belongs to one, and it is what they speak of.
    """
    ended = yield Ask("last_ended", {"site": desk.site})
    if not ended or activation["playbook"] not in desk.held.playbooks:
        return []
    row = {**ended[0], "publication": desk.held.version}
    over = row["state"] in (IncidentState.CLOSING, IncidentState.CLOSED)
    phase = Phase.ALL_CLEAR if over else Phase.MAIN
    scene = desk.scene(row, row["run"], phase, activation["playbook"], activation["zone"])
    deed = Notify(to=ASKED if nth else (*ASKED, *INFORMED), by=("sms", "push", "email"), message=IS_THERE_DANGER)
    people = desk.people(scene, deed.to)
    audience = desk.audience(scene, people, deed.by, at_once=True)
    letters = desk.letters(scene, deed)
    rows = delivery_rows(scene, "_late", 0, audience.planned, letters, f"{activation['id'][:8]}.{nth}")
    return [*rows, *link_rows(scene, audience.planned, desk.link_hashes(scene, audience, letters))]


def ask_instead(press: Press, timer: Mapping[str, Any]) -> Body[None]:
    """An end came while the late press still waited: from now on it only asks."""
    site, late = press.held.id, press.activation.id
    again = {"state": str(TimerState.WAITING), "kind": str(TimerKind.ASK_AGAIN), "due": press.now}
    rows = [
        Row("timer", {"site": site, "id": timer["id"], **again}),
        Row("activation", {"site": site, "id": late, "state": "asks"}),
        Row("task", {"site": site, "id": f"late:{late}", "text": late_text(press, press.age, after_end=True)}),
    ]
    yield Fact(EventKind.LATE_PRESS, site, None, {"activation": late, "after_end": True}, rows)
