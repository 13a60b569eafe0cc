"""While a press is on its way to its doors no message begins; afterwards every one of them leaves."""

import asyncio
from typing import Any
from unittest.mock import Mock

from notifier.engine.lanes import Lane, Lanes
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.delivery import Purpose, Receipt
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.model.message import Message
from notifier.model.settings import Sender
from tests.unit.engine.bench import HandClock
from tests.unit.engine.school import SITE
from tests.unit.engine.test_lane_limit import INCIDENT, delivery

COUNT = 5


class Counting:
    """A channel that counts what it was given."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.all_sent = asyncio.Event()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        self.sent.append(delivery)
        if len(self.sent) == COUNT:
            self.all_sent.set()
        return Receipt("")


def fill() -> Body[None]:
    rows = [delivery(number, 1) for number in range(COUNT)]
    yield Fact(EventKind.NOTE, SITE, "i", {}, [Row("incident", INCIDENT, new=True), *rows])


async def test_no_message_begins_before_the_doors_of_a_press_and_all_leave_after_it() -> None:
    clock, channel = HandClock(), Counting()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    work: Any = Mock(
        message_of=Mock(return_value=Mock(answers=(), purpose=Purpose.EMERGENCY)), halted=Mock(return_value=None)
    )
    lane = Lane("texts", SITE, Sender(channel="twilio"), channel, ledger, clock, work)  # type: ignore[arg-type]  # a stand-in has what a lane asks of a channel
    lanes = Lanes({"texts": lane})
    running = asyncio.create_task(lane.run())
    try:
        with lanes.giving_way():
            await ledger.run(fill)
            lanes.wake()
            while lane.busy < COUNT:  # noqa: ASYNC110 -- a claim leaves no event to wait for
                await asyncio.sleep(0)
            for _ in range(20):  # turns in which a worker that did not wait would have sent
                await asyncio.sleep(0)
            with lanes.giving_way():
                assert channel.sent == []
        await asyncio.wait_for(channel.all_sent.wait(), 10)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await ledger.close()
