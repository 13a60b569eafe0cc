"""Nobody outside has accepted: after a minute that is somebody's task, and the district hears of it (PRODUCT 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.playbook_run import timer_row
from notifier.engine.scene import Scene
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.writing import link_rows
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.model.incident import OPEN, HandOff
from notifier.model.playbook import Notify
from notifier.model.step import Phase, TimerKind

ACCEPTED_WITHIN = 60.0
"""Seconds until a live, grave response that nobody outside has accepted is an alarm."""
GRAVE = frozenset({"extreme", "severe"})
TEXTS = {
    "en": "{{site}}: {{action}} since {{time}}, nobody outside has accepted it. Call 911 for the school. {{incident}}",
    "es": "{{site}}: {{action}} desde {{time}} y nadie de fuera la ha aceptado. Llame al 911. {{incident}}",
}


def dispatch_timer(scene: Scene) -> list[Row]:
    """For a live response of weight; a drill's dispatch is told before it begins."""
    if scene.drill or scene.playbook.severity not in GRAVE:
        return []
    return [timer_row(scene, "dispatch", TimerKind.DISPATCH, scene.now + ACCEPTED_WITHIN, {})]


def dispatch_body(desk: Desk, incident: Mapping[str, Any], timer: Mapping[str, Any], done: Row) -> Body[bool]:
    """False: somebody has accepted, or it is over."""
    site = desk.site
    if incident["state"] not in OPEN or incident["hand_off"] not in (HandOff.NOBODY, HandOff.TOLD):
        yield Fact(EventKind.TIMER_FIRED, site, incident["id"], {"timer": timer["id"], "moot": True}, [done])
        return False
    scene = desk.scene(incident, incident["run"], Phase.MAIN, incident["playbook"], incident["zone"])
    deed = Notify(to=("role:district",), by=("sms", "push", "email"), message=TEXTS)
    audience = desk.audience(scene, desk.people(scene, deed.to), deed.by, at_once=True)
    letters = desk.letters(scene, deed)
    task = Row(
        "task",
        {
            "site": site,
            "id": f"dispatch:{incident['id']}",
            "incident": incident["id"],
            "kind": "nobody_outside",
            "subject": incident["id"],
            "text": "Nobody outside has accepted this. Call 911 now, then say so here.",
            "state": "open",
            "owner": None,
            "owner_name": None,
            "at": scene.now,
            "moved_at": None,
        },
        new=True,
    )
    rows = delivery_rows(scene, "_dispatch", 0, audience.planned, letters)
    links = link_rows(scene, audience.planned, desk.link_hashes(scene, audience, letters))
    told = sorted({plan.person.name for plan in audience.planned})
    yield Fact(
        EventKind.TASK_OPENED,
        site,
        incident["id"],
        {"kind": "nobody_outside", "told": told},
        [done, task, *rows, *links],
    )
    return True
