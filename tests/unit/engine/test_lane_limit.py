"""A sender's limit: never more than it in any window, and nearly all of it while work waits."""

import asyncio
import itertools
from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.engine.deliveries import claim_body
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from tests.unit.engine.bench import HandClock
from tests.unit.engine.school import SITE

INCIDENT = {
    **dict.fromkeys(("zone", "commander", "hand_off_who", "ended_by", "ended_how", "reason", "closed_at")),
    **dict.fromkeys(("publication", "run", "drill", "outside_paused", "mistake_claimed"), 0),
    **dict.fromkeys(("code", "title", "playbook", "raised_wall", "raised_by", "presser"), ""),
    "site": SITE,
    "id": "i",
    "action": "lockdown",
    "state": "active",
    "scope": "site",
    "severity": "extreme",
    "raised_at": 0.0,
    "hand_off": "nobody_told",
}


def delivery(number: int, segments: int) -> Row:
    return Row(
        "delivery",
        {
            "site": SITE, "id": f"{number:05d}", "incident": "i", "run": 0, "phase": "main", "step": "s", "level": 0,
            "person": f"p{number}", "kind": "sms", "address": "+1", "rank": 0, "lane": "texts", "priority": 1,
            "outside": 0, "segments": segments, "language": "en", "words": "w", "state": "queued", "due": 0.0,
            "made_at": 0.0, "attempt": 0, "node": None, "ref": None, "reason": None, "detail": None, "at": None,
        },
        new=True,
    )  # fmt: skip


async def send(
    rate: float, sizes: list[int], pauses: list[float], until: float, rooms: list[int]
) -> list[tuple[float, int]]:
    """(time, segments) of every claimed message; the lane looks again when the claim says, late by one of `pauses`."""
    clock = HandClock()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    try:

        def fill() -> Body[None]:
            rows = [delivery(number, size) for number, size in enumerate(sizes)]
            yield Fact(EventKind.NOTE, SITE, "i", {}, [Row("incident", INCIDENT, new=True), *rows])

        await ledger.run(fill)
        start, sent = clock.now(), []
        for late, room in zip(itertools.cycle(pauses), itertools.cycle(rooms), strict=False):
            claim = await ledger.run(lambda room=room: claim_body(SITE, "texts", "n1", room, rate, clock.now()))
            sent += [(clock.now() - start, row["segments"]) for row in claim.rows]
            if clock.now() - start > until or len(sent) == len(sizes):
                return sent
            clock.time += max(claim.wait + late, 0.001)  # no loop turns faster
        raise AssertionError("never")
    finally:
        await ledger.close()


def busiest(sent: list[tuple[float, int]], window: float) -> int:
    """The most segments in any window of so many seconds."""
    times = [when for when, _ in sent]
    sums = [0, *itertools.accumulate(size for _, size in sent)]
    return max((sums[bisect_left(times, when + window)] - sums[at] for at, when in enumerate(times)), default=0)


rates = st.floats(0.5, 60.0)
sizes = st.lists(st.integers(1, 6), min_size=1, max_size=5)
pauses = st.lists(st.floats(0.0, 2.0) | st.floats(0.0, 0.02), min_size=1, max_size=5)
rooms = st.lists(st.integers(1, 64), min_size=1, max_size=4)


@settings(max_examples=40)
@given(rates, sizes, pauses, rooms)
def test_no_ten_seconds_take_more_than_the_limit_and_one_message(
    rate: float, sizes: list[int], pauses: list[float], rooms: list[int]
) -> None:
    many = list(itertools.islice(itertools.cycle(sizes), int(rate * 14) + 20))
    sent = asyncio.run(send(rate, many, pauses, 13.0, rooms))
    assert busiest(sent, 10.0) <= rate * 10 + max(sizes) + 1e-6


@pytest.mark.parametrize(
    ("rate", "late"), [(0.5, 0.1), (1.0, 0.02), (4.0, 0.02), (10.0, 0.005), (10.0, 0.02), (30.0, 0.02), (80.0, 0.02)]
)
def test_over_a_minute_nearly_all_of_the_limit_is_used(rate: float, late: float) -> None:
    """`late`: what a busy loop needs to look again after the time has come."""
    sent = asyncio.run(send(rate, [1] * int(rate * 62 + 20), [late], 60.0, [64]))
    taken = sum(size for when, size in sent if when <= 60.0)
    assert taken >= 0.97 * rate * 60.0


@settings(max_examples=6)
@given(st.floats(2.0, 30.0), sizes, st.floats(0.0, 0.02))
def test_long_messages_use_the_limit_too(rate: float, sizes: list[int], late: float) -> None:
    many = list(itertools.islice(itertools.cycle(sizes), int(rate * 62 / min(sizes)) + 20))
    sent = asyncio.run(send(rate, many, [late], 60.0, [64]))
    assert sum(size for when, size in sent if when <= 60.0) >= 0.97 * rate * 60.0 - max(sizes)


async def test_a_restart_gives_no_second_bucket() -> None:
    clock = HandClock()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    try:

        def fill() -> Body[None]:
            rows = [delivery(number, 1) for number in range(500)]
            yield Fact(EventKind.NOTE, SITE, "i", {}, [Row("incident", INCIDENT, new=True), *rows])

        await ledger.run(fill)
        taken = 0
        for node in ("n1", "n2", "n1"):
            claim = await ledger.run(lambda node=node: claim_body(SITE, "texts", node, 64, 50.0, clock.now()))
            taken += len(claim.rows)
        assert taken == 6
        assert claim.wait > 0
    finally:
        await ledger.close()


async def test_an_unlimited_sender_takes_what_fits_its_window() -> None:
    clock = HandClock()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    try:

        def fill() -> Body[None]:
            rows = [delivery(number, 3) for number in range(40)]
            yield Fact(EventKind.NOTE, SITE, "i", {}, [Row("incident", INCIDENT, new=True), *rows])

        await ledger.run(fill)
        first = await ledger.run(lambda: claim_body(SITE, "texts", "n1", 32, None, clock.now()))
        rest = await ledger.run(lambda: claim_body(SITE, "texts", "n1", 32, None, clock.now()))
        assert (len(first.rows), first.wait, len(rest.rows), rest.wait) == (32, 0.0, 8, float("inf"))
    finally:
        await ledger.close()
