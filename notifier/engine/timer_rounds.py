"""Timers that are due are fired, a batch a transaction; one that cannot fire keeps no other from it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from notifier.engine import recovery
from notifier.engine.desk import Desk
from notifier.engine.presses import Press
from notifier.engine.timers import fire_body
from notifier.engine.timers_beside import Fired
from notifier.errors import LedgerError
from notifier.interfaces import Ledger
from notifier.model.step import TimerKind

log = logging.getLogger(__name__)

TIMERS_AT_ONCE, ESCALATIONS_AT_ONCE = 16, 64
"""Timers fired in one transaction: a press never waits behind more. Escalations of one instant share what they look at
and the statements that write them, so more of them take no longer."""
LONGEST_SLEEP = 1.0
"""Seconds between looks at the timers although none is near: a timer written elsewhere is seen within this."""
PARKED = 30.0
"""Seconds until a timer that cannot fire is tried again."""
BREATH = 0.2
"""Seconds until a store that took nothing is asked again."""


class TimerRounds:
    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        press_of: Callable[[Mapping[str, Any]], Press],
        fired: Callable[[Fired], None],
        trouble: Callable[[str, str, str], Awaitable[None]],
    ) -> None:
        """`press_of` makes a press of a late one's row; `fired` carries out what a transaction decided."""
        self._desk, self._ledger = desk, ledger
        self._press_of, self._fired, self._trouble = press_of, fired, trouble
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A timer was written: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            due = self._ledger.read("next_due", site=self._desk.site)
            now = self._desk.clock.now()
            when = due[0]["due"] if due and due[0]["due"] is not None else now + LONGEST_SLEEP
            if when > now:
                await self._sleep_or_wake(min(when - now, LONGEST_SLEEP))
            else:
                await self._fire_due(now)

    async def _sleep_or_wake(self, seconds: float) -> None:
        sleeper = asyncio.ensure_future(self._desk.clock.sleep(seconds))
        waker = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait((sleeper, waker), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(sleeper, waker, return_exceptions=True)

    async def _fire_due(self, now: float) -> None:
        rows = self._ledger.read("due_timers", site=self._desk.site, now=now, limit=ESCALATIONS_AT_ONCE)
        if any(row["kind"] != TimerKind.ESCALATE for row in rows):
            rows = rows[:TIMERS_AT_ONCE]
        ids = [row["id"] for row in rows]
        if not ids:
            return
        try:
            fired = await self._fire(ids)
        except LedgerError as error:
            log.error("timers could not fire: %s", error)
            await self._desk.clock.sleep(BREATH)
        except Exception:
            log.exception("timers could not fire together; one by one")
            await self._fire_singly(ids)
        else:
            self._fired(fired)

    async def _fire_singly(self, ids: Sequence[str]) -> None:
        for timer in ids:
            try:
                fired = await self._fire([timer])
            except Exception as fault:
                log.exception("timer %s cannot fire", timer)
                await self._trouble("our_fault", f"timer {timer}", f"A timer cannot fire: {fault!r}.")
                until = self._desk.clock.now() + PARKED
                await self._ledger.run(partial(recovery.park_timer_body, self._desk.site, timer, until))
            else:
                self._fired(fired)

    async def _fire(self, ids: Sequence[str]) -> Fired:
        return await self._ledger.run(lambda: fire_body(self._desk, ids, self._press_of))
