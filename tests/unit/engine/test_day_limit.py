"""What a provider takes from a sender in a day: never more, and an emergency always finds some of it left."""

from notifier.engine.deliveries import DayLimit, claim_body
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from tests.unit.engine.bench import HandClock
from tests.unit.engine.school import SITE
from tests.unit.engine.test_lane_limit import INCIDENT, delivery

DRILL = 5


async def school(ledger: SqliteLedger, count: int, priority: int, first: int = 0) -> None:
    def fill() -> Body[None]:
        rows = [delivery(number, 1) for number in range(first, first + count)]
        urgent = [Row("delivery", {**row.values, "priority": priority}, new=True) for row in rows]
        yield Fact(EventKind.NOTE, SITE, "i", {}, [Row("incident", INCIDENT, new=True), *urgent])

    await ledger.run(fill)


async def claimed(ledger: SqliteLedger, clock: HandClock, daily: DayLimit, room: int = 100) -> tuple[int, bool]:
    claim = await ledger.run(lambda: claim_body(SITE, "texts", "n1", room, None, clock.now(), daily))
    return len(claim.rows), claim.used_up


async def test_no_more_leave_in_a_day_than_the_provider_takes_and_the_next_day_begins_anew() -> None:
    clock = HandClock()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    try:
        await school(ledger, 30, priority=1)
        today = DayLimit(20, "2026-11-23")
        took = [await claimed(ledger, clock, today, room=15) for _ in range(4)]
        assert sum(rows for rows, _used_up in took) == 20
        assert took[-1] == (0, True)
        assert (await claimed(ledger, clock, DayLimit(20, "2026-11-24")))[0] > 0
    finally:
        await ledger.close()


async def test_a_drill_leaves_the_emergencys_half_alone() -> None:
    clock = HandClock()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    try:
        await school(ledger, 40, priority=DRILL)
        today = DayLimit(20, "2026-11-23")
        took = 0
        for _ in range(4):
            rows, _used_up = await claimed(ledger, clock, today)
            took += rows
        assert 0 < took <= 10
        await school(ledger, 15, priority=0, first=100)
        rows, _used_up = await claimed(ledger, clock, today)
        assert rows == 20 - took
    finally:
        await ledger.close()
