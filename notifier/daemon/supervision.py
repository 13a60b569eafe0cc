"""Looks at everything that a response would need, read-only, again and again, and says what is broken.

Spread over the round, few at once, and silent while a response needs the wires. Nothing here opens, locks or sounds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from notifier.clock import Clock
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.supervision import EVERY, REST, Finding, Judge, Kind, Rounds
from notifier.errors import AdapterError, LedgerError
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.model.incident import IncidentState

log = logging.getLogger(__name__)

TICK = 1.0
"""Seconds between looks at what is due: the grain of the spreading."""
AT_ONCE = 8
"""Looks in flight: a school of 200 devices takes a few a second, and a dead switch holds no more than these."""
PATIENCE = 10.0
"""Seconds after which a look counts as no answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to look at."""

    kind: Kind
    name: str
    """Of the device, sender or node; with the kind it is unique."""
    look: Callable[[], Awaitable[Sequence[Finding]]]
    device: bool = True
    """Whether it is asked over a wire that a response needs; these are left alone while one needs them."""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


Source = Callable[[], Iterable[Target]]
"""What is to be watched as published now."""


class Supervision:
    def __init__(self, engine: Orchestrator, clock: Clock, sources: Sequence[Source], every: float = EVERY) -> None:
        self._engine, self._clock, self._sources = engine, clock, sources
        self._rounds, self._judge = Rounds(every), Judge()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._looking: dict[str, tuple[Target, asyncio.Task[None]]] = {}
        self.watched: dict[str, bool | None] = {}
        """Each target, and whether its last look was well; None: not looked at yet."""

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._round()
                await self._clock.sleep(TICK)
        finally:
            tasks = [task for _, task in self._looking.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _round(self) -> None:
        targets = {target.key: target for source in self._sources for target in source()}
        now = self._clock.now()
        for key in self._rounds.fit(targets, now):
            self.watched.pop(key, None)
            await self._forget(key)
        for key in targets:
            self.watched.setdefault(key, None)
        quiet = self._needed()
        for key in self._rounds.due(now):
            target = targets[key]
            if key in self._looking or (quiet and target.device):
                continue
            task = asyncio.create_task(self._look(target))
            self._looking[key] = (target, task)
            task.add_done_callback(partial(self._over, key))

    def _over(self, key: str, _task: asyncio.Task[None]) -> None:
        self._looking.pop(key, None)

    def heard(self, events: Sequence[Event]) -> None:
        """A response begins: whatever we ask of a device at this moment must not stand before its command."""
        if any(event.kind is EventKind.INCIDENT_OPENED for event in events):
            for target, task in list(self._looking.values()):
                if target.device:
                    task.cancel()

    def _needed(self) -> bool:
        """Whether a live response is so young that the devices belong to it."""
        now = self._clock.wall().timestamp()
        return any(
            not row["drill"]
            and row["state"] in (IncidentState.RAISED, IncidentState.ACTIVE)
            and now - datetime.fromisoformat(row["raised_wall"]).timestamp() < REST
            for row in self._engine.desk.incidents.values()
        )

    async def _look(self, target: Target) -> None:
        async with self._room:
            found: Sequence[Finding]
            try:
                async with asyncio.timeout(PATIENCE):
                    found = await target.look()
            except TimeoutError:
                found = [Finding(target.kind, target.name, False, f"{target.name} gave no answer in {PATIENCE:.0f} s.")]
            except AdapterError as error:
                found = [Finding(target.kind, target.name, False, f"{target.name}: {error}")]
            except LedgerError:
                return
            except Exception as error:
                log.exception("could not look at %s", target.key)
                text = f"{target.name} could not be looked at: {type(error).__name__}. Look into the log."
                found = [Finding(target.kind, target.name, False, text)]
        if found:
            self.watched[target.key] = all(each.well for each in found)
        for finding in found:
            if finding.said is not None:
                self._engine.desk.last_seen.saw(finding.kind, finding.subject, self._clock.now(), finding.said)
            if self._judge.counts(finding):
                await self.say(finding)
        if self._judge.doubts(found):
            self._rounds.soon(target.key, self._clock.now())

    async def say(self, finding: Finding) -> None:
        """Raise it, or clear it if it was raised; the ledger knows, whichever process raised it."""
        engine = self._engine
        if not finding.well:
            await engine.trouble(finding.kind, finding.subject, finding.text)
        elif self._known(finding.kind, finding.subject):
            await engine.clear_trouble(finding.kind, finding.subject)

    def _known(self, kind: str, subject: str) -> bool:
        rows = self._engine.ledger.read("trouble_by_id", site=self._engine.desk.site, id=f"{kind}:{subject}")
        return bool(rows) and rows[0]["state"] != "cleared"

    async def _forget(self, key: str) -> None:
        """It is not of this site any more: nobody needs to mend it."""
        kind, _, name = key.partition(":")
        for row in self._engine.ledger.read("troubles", site=self._engine.desk.site):
            if row["kind"] == kind and row["subject"].partition(":")[0] == name:
                await self._engine.clear_trouble(kind, row["subject"])
