"""Deliveries whose outcome is unknown: the provider is asked before anything is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from notifier.clock import Clock
from notifier.engine import retry
from notifier.engine.desk import Desk
from notifier.errors import AdapterError, LedgerError
from notifier.interfaces import Ask3, CanBeAsked, Ledger
from notifier.model.delivery import DeliveryState, DeliveryWord, Receipt, move_delivery
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.message import Message
from notifier.model.step import Phase


def found_body(
    site: str,
    delivery: str,
    word: DeliveryWord,
    receipt: Receipt | None,
    now: float,
    why: str,
    lane: str | None = None,
) -> Body[bool]:
    """What was found out about an unknown delivery; False if its state changed meanwhile. `lane`: another sender."""
    known = yield Ask("delivery_by_id", {"site": site, "id": delivery})
    if not known or known[0]["state"] != DeliveryState.UNKNOWN:
        return False
    state = move_delivery(DeliveryState.UNKNOWN, word)
    if word is DeliveryWord.ACCEPTED and receipt is not None:
        state = receipt.state
    values: dict[str, Any] = {"site": site, "id": delivery, "state": str(state), "at": now, "detail": why}
    if receipt is not None:
        values["ref"] = receipt.ref or None
    if word is DeliveryWord.RETRY:
        values["due"] = now
        if lane is not None:
            values["lane"] = lane
    yield Fact(
        EventKind.DELIVERIES_REPORTED,
        site,
        known[0]["incident"],
        {"delivery": delivery, "why": why},
        [Row("delivery", values)],
    )
    return True


class LostDeliveries:
    """Asks until the provider says, or until waiting any longer is worse than a double."""

    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        message_of: Callable[[Mapping[str, Any]], Message],
        settled: Callable[[str, str], None],
        senders: Callable[[str], tuple[str, ...]],
    ) -> None:
        """`senders`: kind of address to the senders that work now."""
        self._senders = senders
        self._desk, self._ledger, self._message_of, self._settled = desk, ledger, message_of, settled
        self._queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        return self._queue.qsize() + len(self._tasks)

    def add(self, row: Mapping[str, Any]) -> None:
        self._queue.put_nowait(row)

    async def run(self) -> None:
        gate = asyncio.Semaphore(16)
        try:
            while True:
                row = await self._queue.get()
                await gate.acquire()
                task = asyncio.create_task(self._ask(row))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                task.add_done_callback(lambda _task: gate.release())
        finally:
            for task in self._tasks:
                task.cancel()

    async def _ask(self, row: Mapping[str, Any]) -> None:
        clock: Clock = self._desk.clock
        channel: object = self._desk.gear.channels.get(row["lane"])
        started = clock.now()
        sent_after = clock.wall().timestamp() - (started - row["made_at"]) - 60.0
        word, receipt, why = DeliveryWord.RETRY, None, "the provider could not say; sent again"
        lane = retry.next_sender(row["lane"], self._senders(row["kind"]), row["attempt"])
        for pause in (*retry.ASK_AFTER, *([2.0] * 10)):
            if not isinstance(channel, CanBeAsked):
                break
            await clock.sleep(pause)
            said = Ask3.CANNOT_SAY
            try:
                said, receipt = await channel.find(row["address"], self._message_of(row), row["id"], sent_after)
            except AdapterError:
                receipt = None
            if said is Ask3.FOUND:
                word, why = DeliveryWord.ACCEPTED, "the provider has it"
                break
            if said is Ask3.NOT_FOUND:
                lane, why = None, "the provider never got it; sent again"
                break
            if clock.now() - started > retry.ASK_FOR:
                break
        if word is DeliveryWord.RETRY:
            if self._desk.halted(row["incident"], row["phase"], row["outside"]) is DeliveryWord.RECALL:
                word, why = (
                    DeliveryWord.EXPIRE,
                    f"{why.partition(';')[0]}; its incident is over, so it is not sent again",
                )
            elif row["phase"] == Phase.MAIN and (row["incident"], row["person"]) in self._desk.answered:
                word, why = DeliveryWord.ANSWERED, "the person has answered"
        try:
            await self._ledger.run(
                lambda: found_body(self._desk.site, row["id"], word, receipt, clock.now(), why, lane)
            )
        except LedgerError:
            await clock.sleep(1.0)
            self.add(row)
            return
        self._settled(row["incident"], lane or row["lane"])
