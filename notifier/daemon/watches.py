"""What a node looks after by itself: seals, the fire panel, its clocks, its loop, and providers that cannot call it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from notifier.clock import Clock
from notifier.daemon.seals_out import SealsOut
from notifier.engine.commands import EngineCommands
from notifier.engine.fire_question import fire_alarm_body
from notifier.engine.orchestrator import Orchestrator
from notifier.errors import AdapterError
from notifier.interfaces import CallbackReply, CanBePolled, ReadsInput
from notifier.ledger.failover import FailoverLedger
from notifier.model.events import EventKind
from notifier.model.facts import Body, Event, Fact

log = logging.getLogger(__name__)

SEAL_EVERY = 60.0
"""Seconds between seals (ARCHITECTURE, decision 8); a cut tail older than this shows."""
POLL_EVERY = 3.0
"""Seconds between questions to a provider that cannot call us: an answer by SMS is then this much later."""
MISSED_EVERY = 30.0
"""Seconds between questions to one that can: what its call lost on the way is then this much later."""
OVERLAP = 30.0
"""Seconds that two questions share: providers list what came a little late. The same twice is one answer."""
FIRE_EVERY = 1.0
"""Seconds between readings of the fire panel's contact: it decides whether a door may be locked."""
CLOCK_EVERY = 5.0
CLOCK_STEP = 2.0
"""Seconds that the wall clock may move against steady time before it is a trouble (ARCHITECTURE, decision 6)."""
STALL_EVERY = 0.05


class Watches:
    def __init__(
        self, engine: Orchestrator, commands: EngineCommands, ledger: FailoverLedger, clock: Clock, out: SealsOut
    ) -> None:
        self._engine, self._commands, self._ledger, self._clock = engine, commands, ledger, clock
        self.out = out
        self.stall = 0.0
        """Longest time that the loop was blocked lately, seconds."""
        self.sealed_at = 0.0
        """Wall seconds since 1970 of the last seal; 0: none yet."""

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        every = (self.seals, self.out.run, self.fire, self.wall_clock, self.loop, self.channels)
        return [self._engine.kept_going(part) for part in every]

    def heard(self, events: Sequence[Event]) -> None:
        if any(event.kind is EventKind.INCIDENT_MOVED and event.data.get("to") == "closed" for event in events):
            self._engine.spawn(self.seal(at_an_end=True))

    async def seal(self, *, at_an_end: bool = False) -> None:
        sealed = await self._ledger.seal([Path(folder) for folder in self.out.folders])
        if sealed is not None:
            self.sealed_at = self._clock.wall().timestamp()
            await self.out.hand_over(sealed.seal, at_an_end=at_an_end)
        for missed in sealed.missed if sealed is not None else ():
            await self._engine.trouble("seal", "copy", missed)

    async def seals(self) -> None:
        while True:
            await self._clock.sleep(SEAL_EVERY)
            try:
                await self.seal()
            except Exception as error:
                log.exception("no seal could be made")
                await self._engine.trouble("seal", "make", f"The record could not be sealed: {error!r}.")

    async def fire(self) -> None:
        """The fire panel's contact decides whether a fire-release door may be locked; not knowing is a trouble."""
        while True:
            alarm = self._engine.desk.held.site.fire_alarm
            driver: object = self._engine.desk.gear.door_drivers.get(alarm.driver) if alarm else None
            if alarm is not None and driver is not None and not isinstance(driver, ReadsInput):
                text = f"A {alarm.driver} cannot read the fire panel's contact: a fire alarm is not seen."
                await self._engine.trouble("fire_alarm", "contact", text)
            elif alarm is not None and isinstance(driver, ReadsInput):
                state = await driver.read_input(alarm.address, alarm.settings, alarm.input)
                await self._fire_is(state if state is None else state is alarm.active_is)
            await self._clock.sleep(FIRE_EVERY)

    async def _fire_is(self, on: bool | None) -> None:
        desk = self._engine.desk
        if on is None:
            await self._engine.trouble(
                "fire_alarm",
                "contact",
                "The fire panel's contact does not answer: whether there is a fire alarm is not known.",
            )
            return
        await self._engine.clear_trouble("fire_alarm", "contact")
        if on == desk.fire_alarm:
            return
        desk.fire_alarm = on
        mark = f"{self._clock.now():.0f}"
        if await self._ledger.run(lambda: fire_alarm_body(desk, on, mark)):
            self._engine.lanes.wake()

    async def wall_clock(self) -> None:
        """A wall clock that steps moves no timer; it is a trouble, because people read it."""
        offset = self._clock.wall().timestamp() - self._clock.now()
        while True:
            await self._clock.sleep(CLOCK_EVERY)
            now = self._clock.wall().timestamp() - self._clock.now()
            if abs(now - offset) > CLOCK_STEP:
                await self._ledger.run(partial(clock_stepped_body, self._engine.desk.site, now - offset))
                await self._engine.trouble(
                    "clock",
                    "wall",
                    f"The wall clock moved by {now - offset:+.0f} s. No timer "
                    "moved. Times before and after differ by that much.",
                )
            offset = now

    async def loop(self) -> None:
        """The longest time that the loop was blocked, for /metrics."""
        while True:
            before = self._clock.now()
            await asyncio.sleep(STALL_EVERY)
            self.stall = max(self.stall * 0.999, self._clock.now() - before - STALL_EVERY)

    async def channels(self) -> None:
        """Answers and statuses are fetched: often where providers cannot call us, else now and then and at a start.

        A provider that called while the daemon was dead does not call again (Twilio's webhooks are tried once).
        """
        channels = {
            name: channel
            for name, channel in self._engine.desk.gear.channels.items()
            if isinstance(channel, CanBePolled)
        }
        since: dict[str, float] = {}
        while True:
            began = self._began()
            if began is None:
                since.clear()  # what came while nothing was wrong is no answer to what comes next
                await self._clock.sleep(POLL_EVERY)
                continue
            for name, channel in channels.items():
                asked = self._clock.wall().timestamp()
                try:
                    reports, inbound = await channel.poll(since.get(name, began))
                except AdapterError as error:
                    await self._engine.trouble("poll", name, f"Answers by {name} cannot be fetched: {error}")
                    continue
                await self._engine.clear_trouble("poll", name)
                since[name] = max(asked - OVERLAP, began)
                await self._commands.reported(name, CallbackReply(reports=reports, inbound=inbound))
            await self._clock.sleep(POLL_EVERY if self._engine.desk.public_url is None else MISSED_EVERY)

    def _began(self) -> float | None:
        """Wall seconds when the first open incident began; None while there is none."""
        raised = [row["raised_wall"] for row in self._engine.desk.incidents.values()]
        return min((datetime.fromisoformat(wall).timestamp() for wall in raised), default=None)


def clock_stepped_body(site: str, seconds: float) -> Body[None]:
    yield Fact(EventKind.CLOCK_STEPPED, site, None, {"seconds": round(seconds, 3)})
