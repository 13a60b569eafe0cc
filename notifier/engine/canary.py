"""The canary: a message on the real paths, to test addresses only, marked as a drill. Nothing opens, locks or sounds.

That a provider answers its check says that it could take a message; a canary says that it took one. Its time is the
site's calendar; it is not sent beside a live response, and not made up for when it is more than ten minutes late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from notifier.engine.desk import Desk
from notifier.engine.drill_calendar import next_time, zone_of
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.trouble_telling import scene_beside
from notifier.engine.writing import decoded
from notifier.errors import LedgerError
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact
from notifier.model.playbook import Notify
from notifier.model.watching import Canary

if TYPE_CHECKING:
    from notifier.engine.orchestrator import Orchestrator

LOOK_EVERY = 5.0
LATEST = timedelta(minutes=10)
LEFT = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
TROUBLE, NOBODY = "canary", "nobody"
MOST = 200
"""Messages of one canary: ten people, each by every kind."""
TITLE = {"en": "Test of {{site}}", "es": "Prueba de {{site}}"}
TEXTS = {
    "en": "{{site}}: the senders are being tested at {{time}}. Nobody needs to do anything.",
    "es": "{{site}}: se prueban los envíos a las {{time}}. Nadie tiene que hacer nada.",
}


@dataclass(frozen=True, slots=True)
class Out:
    """A canary that has left and was not looked after yet."""

    about: str
    until: float
    """Steady time."""


def canary_body(desk: Desk, canary: Canary, planned: datetime) -> Body[str | None]:
    """Send the canary of that time, once; the id that its messages stand under."""
    scene = scene_beside(desk, TROUBLE, mark=planned.astimezone(UTC).strftime("%Y%m%dT%H%M"), drill=True)
    if (yield Ask("people_told", {"site": desk.site, "incident": scene.incident})):
        return None
    people = [desk.held.people[name] for name in canary.to if name in desk.held.people]
    deed = Notify(to=("all",), by=canary.by, message=TEXTS, title=TITLE, purpose=Purpose.DRILL)
    audience = desk.audience(scene, people, deed.by, at_once=True)
    rows = delivery_rows(scene, "_canary", 0, audience.planned, desk.letters(scene, deed))
    data = {"about": scene.incident, "to": [one.id for one in people], "within": canary.within}
    yield Fact(EventKind.CANARY_SENT, desk.site, None, data, rows)
    return scene.incident


def over_body(desk: Desk, about: str, became: Mapping[str, str]) -> Body[None]:
    yield Fact(EventKind.CANARY_OVER, desk.site, None, {"about": about, "senders": dict(became)})


def became_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Sender to what became of its canaries; the worst one if there are several. Empty text: they left."""
    found: dict[str, str] = {}
    for row in rows:
        state = DeliveryState(row["state"])
        why = row["reason"] or row["detail"] or str(state)
        found[row["lane"]] = found.get(row["lane"], "") or ("" if state in LEFT else str(why))
    return found


class CanaryKeeper:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self._since = engine.desk.clock.wall()
        self._out: Out | None = None

    async def run(self) -> None:
        """Until cancelled."""
        self._out = self._left_open()
        while True:
            await self._desk.clock.sleep(LOOK_EVERY)
            try:
                await self._look()
            except LedgerError:
                continue

    def _left_open(self) -> Out | None:
        """A canary that an earlier process sent and did not look after."""
        rows = self._ledger.read("last_canary", site=self._desk.site)
        if not rows or rows[0]["kind"] != EventKind.CANARY_SENT:
            return None
        data = decoded(rows[0]["payload"]).get("data", {})
        return Out(str(data["about"]), rows[0]["at"] + float(data["within"]))

    async def _look(self) -> None:
        if self._out is not None:
            if self._desk.clock.now() >= self._out.until:
                await self._judge(self._out)
                self._out = None
            return
        canary, site = self._desk.held.site.canary, self._desk.held.site
        if canary is None:
            return
        wall = self._desk.clock.wall()
        planned = next_time(canary.cron, site.timezone, min(self._since, wall))
        if planned is None or planned > wall:
            return
        if any(not row["drill"] for row in self._desk.incidents.values()) and wall - planned <= LATEST:
            return  # a response needs the senders; it waits as long as it is worth something
        self._since = planned
        if wall - planned > LATEST:
            return
        about = await self._ledger.run(partial(canary_body, self._desk, canary, planned))
        if about is not None:
            self._engine.lanes.wake()
            self._out = Out(about, self._desk.clock.now() + canary.within)

    async def _judge(self, out: Out) -> None:
        rows = self._ledger.read("deliveries_page", site=self._desk.site, incident=out.about, after="", limit=MOST)
        became = became_of(rows)
        at = self._desk.clock.wall().astimezone(zone_of(self._desk.held.site.timezone)).strftime("%H:%M")
        for sender, why in sorted(became.items()):
            if why:
                text = f"The canary by {sender} did not leave until {at} ({why}): a message to people would not either."
                await self._engine.trouble(TROUBLE, sender, text)
            else:
                await self._engine.clear_trouble(TROUBLE, sender)
        if became:
            await self._engine.clear_trouble(TROUBLE, NOBODY)
        else:
            text = "The canary had nobody to go to: no test contact has an address that a sender takes."
            await self._engine.trouble(TROUBLE, NOBODY, text)
        await self._ledger.run(partial(over_body, self._desk, out.about, became))
