"""A press from a new zone is news to police and the commander at once: a timer that is due now, so it outlives us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.writing import link_rows
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.model.incident import OPEN
from notifier.model.playbook import Notify
from notifier.model.step import Phase, TimerKind, TimerState

TOLD = ("role:police", "role:commander")
ALSO_HERE = {
    "en": "{{site}}: {{action}} now also reported from {{zone}}. Incident {{incident}}.",
    "es": "{{site}}: {{action}} ahora también desde {{zone}}. Incidente {{incident}}.",
}


def news_timer(site: str, incident: str, zone: str, now: float) -> Row:
    """Written with the press itself; one per zone and incident."""
    values = {"site": site, "id": f"{incident}:zone:{zone}", "incident": incident, "kind": str(TimerKind.NEWS_OF_ZONE)}
    return Row("timer", {**values, "due": now, "state": str(TimerState.WAITING), "data": {"zone": zone}}, new=True)


def zone_news_body(desk: Desk, incident: Mapping[str, Any], timer: Mapping[str, Any], done: Row) -> Body[None]:
    if incident["state"] not in OPEN:
        yield Fact(EventKind.TIMER_FIRED, desk.site, incident["id"], {"timer": timer["id"], "moot": True}, [done])
        return
    zone = timer["data"]["zone"]
    scene = desk.scene(incident, incident["run"], Phase.MAIN, incident["playbook"], zone)
    deed = Notify(to=TOLD, by=("sms", "push", "email"), message=ALSO_HERE)
    audience = desk.audience(scene, desk.people(scene, deed.to), deed.by, at_once=True)
    letters = desk.letters(scene, deed)
    rows = delivery_rows(scene, "_zone", 0, audience.planned, letters, zone)
    links = link_rows(scene, audience.planned, desk.link_hashes(scene, audience, letters))
    data = {"step": "_zone", "level": 0, "count": len(audience.planned), "zone": zone}
    yield Fact(EventKind.DELIVERIES_QUEUED, desk.site, incident["id"], data, [done, *rows, *links])
