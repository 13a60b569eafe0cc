"""One lane per sender: claims what it may send now, sends it, hands every outcome back. The thin edge of sending."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from notifier.clock import Clock
from notifier.engine import retry
from notifier.engine.deliveries import Claim, DayLimit, Settled, claim_body, settle_body
from notifier.errors import AdapterError, LedgerError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import CanBeAsked, Channel, Ledger
from notifier.model.delivery import DeliveryState, DeliveryWord
from notifier.model.facts import Body, Row
from notifier.model.message import Message
from notifier.model.settings import Sender

BREAKER_AT = 4
"""Failures in a row, with nothing that worked between them, after which a sender is passed over."""
BREAKER_FOR = 15.0
"""Seconds until a passed-over sender is tried again."""
LOOK_AGAIN = 1.0
"""Seconds between looks at an idle lane's queue: a wake that was missed costs at most this."""
GIVE_WAY = 4
"""Turns of the loop after a press was decided in which nothing new is sent: its doors are on the wire by then. While a
window of messages leaves each turn is milliseconds long; while nothing new does, it is a fraction of one."""
GATHER = 0.02
"""Seconds between claims of a limited lane: fewer transactions at the same exact rate."""


@dataclass(frozen=True)
class LaneWork:
    """What a lane asks of the engine around it."""

    message_of: Callable[[Mapping[str, Any]], Message]
    halted: Callable[[str, str, int], DeliveryWord | None]
    """(incident, phase, outside) of a claimed delivery that must not leave any more."""
    answered: Callable[[str, str], bool]
    """(incident, person) who has answered since the claim."""
    settled: Callable[[Sequence[Settled], Mapping[str, Mapping[str, Any]]], None]
    next_address: Callable[[Mapping[str, Any]], Sequence[Row]]
    """Rows of the person's next address, where addresses are tried one after another."""
    senders_for: Callable[[str], tuple[str, ...]]
    wake_lane: Callable[[str], None]
    lost: Callable[[Mapping[str, Any]], None]
    """A delivery whose outcome is unknown: ask the provider."""
    broken: Callable[[str, bool, str], None]
    """(lane, whether its breaker is open, why)."""


class Lane:
    """One sender at work."""

    def __init__(
        self, name: str, site: str, sender: Sender, channel: Channel, ledger: Ledger, clock: Clock, work: LaneWork
    ) -> None:
        self.name, self.sender, self.channel = name, sender, channel
        self._site, self._ledger, self._clock, self._work = site, ledger, clock, work
        self._wake = asyncio.Event()
        self._inflight: dict[str, Mapping[str, Any]] = {}
        self._outcomes: deque[Settled] = deque()
        self.accepted_at: float | None = None
        """When its provider last took a message of ours, since this process began."""
        self._failures = 0
        self._open_until = 0.0
        self._used_up_on = ""
        self._claimed: deque[Mapping[str, Any]] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._free = asyncio.Event()
        self._free.set()
        self._workers: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """Deliveries claimed and not settled."""
        return len(self._inflight)

    def in_flight_of(self, incident: str, phase: str) -> int:
        return sum(row["incident"] == incident and row["phase"] == phase for row in self._inflight.values())

    @property
    def passed_over(self) -> bool:
        return self._open_until > self._clock.now() or self._used_up_on == self._today()

    def _today(self) -> str:
        return self._clock.wall().date().isoformat()

    def wake(self) -> None:
        self._wake.set()

    def hold(self) -> None:
        """Begin no message until `go_on`; what is on the wire goes on."""
        self._free.clear()

    def go_on(self) -> None:
        self._free.set()

    async def run(self) -> None:
        """Until cancelled. Begun again after a fault of ours, it first says what it does not know of its messages."""
        self._take_up()
        try:
            while True:
                self._wake.clear()
                await self._pause(await self._turn())
        finally:
            workers = tuple(self._workers)
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def _take_up(self) -> None:
        """What was claimed and has no outcome may have left: it is asked about, or sent again."""
        known = {each.id for each in self._outcomes}
        word = DeliveryWord.LOSE if isinstance(self.channel, CanBeAsked) else DeliveryWord.RETRY
        self._claimed.clear()
        for row in self._inflight.values():
            if row["id"] not in known:
                self._done(row, word, detail="left open by a fault of ours")

    async def _pause(self, wait: float) -> None:
        """Until an outcome or a wake comes, or `wait` seconds are over."""
        if self._wake.is_set() or wait <= 0:
            await asyncio.sleep(0)
            return
        if self.sender.rate is not None and wait < LOOK_AGAIN:
            await self._clock.sleep(max(wait, GATHER))  # outcomes gather meanwhile: one transaction for all of them
            return
        waker = asyncio.ensure_future(self._wake.wait())
        timer = asyncio.ensure_future(self._clock.sleep(min(wait, LOOK_AGAIN)))
        try:
            await asyncio.wait((waker, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waker.cancel()
            timer.cancel()

    async def _turn(self) -> float:
        """Settle what has come back and claim as much again, in one transaction; returns when to look again."""
        batch = list(self._outcomes)
        self._outcomes.clear()
        room = self.sender.window - len(self._inflight) + len(batch)
        if self.passed_over:
            room = min(room, 1 - len(self._inflight) + len(batch))  # one at a time feels out whether it works again
        if room <= 0 and not batch:
            return LOOK_AGAIN
        held = {each.id: self._inflight[each.id] for each in batch}
        further = {each.id: self._work.next_address(held[each.id]) for each in batch if each.word is DeliveryWord.FAIL}
        site, name, node, rate = self._site, self.name, self._ledger.node, self.sender.rate
        daily = DayLimit(self.sender.daily_cap, self._today()) if self.sender.daily_cap else None
        if not batch and daily is None and not self._has_due():
            return LOOK_AGAIN

        def body() -> Body[tuple[list[Settled], Claim]]:
            counted = (yield from settle_body(site, node, batch, further)) if batch else []
            claim = Claim((), LOOK_AGAIN)
            if room > 0:
                claim = yield from claim_body(site, name, node, room, rate, self._clock.now(), daily)
            return counted, claim

        try:
            counted, claim = await self._ledger.run(body)
        except LedgerError:
            self._outcomes.extendleft(reversed(batch))
            return GATHER * 10
        for each in batch:
            self._inflight.pop(each.id, None)
        self._inflight |= {row["id"]: row for row in claim.rows}
        for row in claim.rows:
            self._claimed.append(row)
            self._set_to_work()
        if batch:
            self._after(counted, held, further)
        if daily is not None:
            self._mark_day(claim.used_up, daily)
        return claim.wait

    def _has_due(self) -> bool:
        """Whether a claim may find anything: an idle lane looks every second, and costs the store no transaction."""
        try:
            return bool(self._ledger.read("lane_has_due", site=self._site, lane=self.name, now=self._clock.now()))
        except LedgerError:
            return True

    def _mark_day(self, used_up: bool, daily: DayLimit) -> None:
        """A sender whose day is used up is passed over until the next one, and says so once."""
        if used_up and self._used_up_on != daily.day:
            self._used_up_on = daily.day
            self._work.broken(self.name, True, f"its limit of {daily.segments} segments a day is used up")
        elif self._used_up_on and self._used_up_on != daily.day:
            self._used_up_on = ""
            self._work.broken(self.name, False, "a new day has begun")

    def _after(
        self, counted: Sequence[Settled], held: Mapping[str, Mapping[str, Any]], further: Mapping[str, Sequence[Row]]
    ) -> None:
        """Tell the engine what was settled, and other lanes what they have got."""
        for each in counted:
            if each.word is DeliveryWord.LOSE:
                self._work.lost(held[each.id])
            elif each.word is DeliveryWord.RETRY and each.lane is not None:
                self._work.wake_lane(each.lane)
        for name in {row.values["lane"] for group in further.values() for row in group if row.table == "delivery"}:
            self._work.wake_lane(name)
        self._work.settled(counted, held)

    def _set_to_work(self) -> None:
        """Wake a worker, or make one: a task that stays is cheaper than one for each message."""
        while self._idle:
            if not (idle := self._idle.pop()).done():
                idle.set_result(None)
                return
        worker = asyncio.create_task(self._work_on())
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._claimed:
                row = self._claimed.popleft()
                if not self._free.is_set():
                    await self._free.wait()
                await self._send(row)
            idle = loop.create_future()
            self._idle.append(idle)
            await idle

    async def _send(self, row: Mapping[str, Any]) -> None:
        halt = self._work.halted(row["incident"], row["phase"], row["outside"])
        if halt is not None:
            self._done(row, halt, due=self._clock.now())
            return
        try:
            message = self._work.message_of(row)
            if message.purpose not in self.sender.purposes:  # it came here from a sender that failed
                raise WillNotWork(f"{self.name} is not used for {message.purpose} messages.", Reason.NO_SENDER)
            # Only what asks is stopped by an answer: a request, an escalation or a typed message still has to leave.
            if message.answers and row["phase"] == "main" and self._work.answered(row["incident"], row["person"]):
                self._done(row, DeliveryWord.ANSWERED)
                return
            receipt = await self.channel.send(row["address"], message, row["id"])
        except TryAgain as error:
            self._fault(error)
            decision = retry.after_try_again(
                lane=self.name,
                senders=self._senders(row),
                attempt=row["attempt"],
                age=self._clock.now() - row["made_at"],
                give_up_after=self.sender.give_up_after,
                asked_to_wait=error.after,
            )
            self._decided(row, decision, Reason.UNREACHABLE, error)
        except WillNotWork as error:
            if error.reason in (Reason.CREDENTIALS, Reason.SENDER_FAULT):
                self._fault(error)
            decision = retry.after_will_not_work(
                lane=self.name, senders=self._senders(row), attempt=row["attempt"], reason=error.reason
            )
            self._decided(row, decision, error.reason, error)
        except OutcomeUnknown as error:
            self._fault(error)
            decision = retry.after_unknown(
                askable=isinstance(self.channel, CanBeAsked),
                attempt=row["attempt"],
                age=self._clock.now() - row["made_at"],
                give_up_after=self.sender.give_up_after,
            )
            self._decided(row, decision, None, error)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a bug in an adapter is one failed delivery and a trouble, never a dead lane
            self._fault(error)
            decision = retry.after_will_not_work(
                lane=self.name, senders=self._senders(row), attempt=row["attempt"], reason=Reason.OUR_FAULT
            )
            self._decided(row, decision, Reason.OUR_FAULT, error)
        else:
            self.accepted_at = self._clock.now()
            if self._failures:
                self._well_again()
            self._outcomes.append(
                Settled(
                    row["id"],
                    row["incident"],
                    row["attempt"],
                    DeliveryWord.ACCEPTED,
                    self._clock.now(),
                    ref=receipt.ref or None,
                    state=None if receipt.state is DeliveryState.SENT else receipt.state,
                )
            )
            self._wake.set()

    def _senders(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return self._work.senders_for(row["kind"])

    def _decided(
        self, row: Mapping[str, Any], decision: retry.Decision, reason: Reason | None, error: Exception
    ) -> None:
        kind = type(error).__name__ if not isinstance(error, AdapterError) else str(error)
        halt = self._work.halted(row["incident"], row["phase"], row["outside"])
        if decision.word is DeliveryWord.RETRY and halt is DeliveryWord.RECALL:
            self._done(row, halt, reason=reason, detail=kind)  # its queue is drained, and nobody reads it again
            return
        self._done(
            row, decision.word, reason=reason, detail=kind, lane=decision.lane, due=self._clock.now() + decision.wait
        )

    def _done(
        self,
        row: Mapping[str, Any],
        word: DeliveryWord,
        *,
        reason: Reason | None = None,
        detail: str | None = None,
        lane: str | None = None,
        due: float = 0.0,
    ) -> None:
        self._outcomes.append(
            Settled(
                row["id"],
                row["incident"],
                row["attempt"],
                word,
                self._clock.now(),
                reason=reason,
                detail=detail,
                lane=lane,
                due=due,
            )
        )
        self._wake.set()

    def _fault(self, error: Exception) -> None:
        self._failures += 1
        if self._failures == BREAKER_AT:
            self._work.broken(self.name, True, str(error) if isinstance(error, AdapterError) else type(error).__name__)
        if self._failures >= BREAKER_AT:
            self._open_until = self._clock.now() + BREAKER_FOR

    def _well_again(self) -> None:
        if self._failures >= BREAKER_AT:
            self._work.broken(self.name, False, "it takes messages again")
        self._failures, self._open_until = 0, 0.0


class Lanes:
    """All senders of this node."""

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        self._lanes = dict(lanes)
        self._giving_way = False

    @contextmanager
    def giving_way(self) -> Iterator[None]:
        """For a press: no message begins until its doors are on the wire. Presses meanwhile do not make it longer, so
        many of them cannot stop the messages.
        """
        if self._giving_way:
            yield
            return
        self._giving_way = True
        for lane in self:
            lane.hold()
        try:
            yield
        finally:
            self._go_on(GIVE_WAY)

    def _go_on(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._go_on, turns - 1)
            return
        self._giving_way = False
        for lane in self:
            lane.go_on()

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

    def __iter__(self) -> Any:
        return iter(self._lanes.values())

    def wake(self, name: str | None = None) -> None:
        for lane in self._lanes.values():
            if name is None or lane.name == name:
                lane.wake()

    def in_flight_of(self, incident: str, phase: str) -> int:
        return sum(lane.in_flight_of(incident, phase) for lane in self._lanes.values())
