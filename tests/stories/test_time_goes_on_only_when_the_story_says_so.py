"""The clock of stories itself: it walks, it waits until all is settled, and it says what is not."""

import asyncio

import pytest

from notifier.testing import fake_clock
from notifier.testing.fake_clock import FakeClock, NotSettledError
from notifier.testing.story import story


async def test_it_walks_from_due_time_to_due_time() -> None:
    clock, seen = FakeClock(), []

    async def walker(step: float) -> None:
        began = clock.now()
        for _ in range(3):
            await clock.sleep(step)
            seen.append(round(clock.now() - began, 3))

    walkers = [asyncio.create_task(walker(step)) for step in (2.0, 3.0)]
    await clock.advance("6s")
    assert seen == [2.0, 3.0, 4.0, 6.0, 6.0]
    for each in walkers:
        each.cancel()


async def test_what_never_settles_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_clock, "PATIENCE", 0.2)

    class Desk:
        busy = 2

        async def quiet(self) -> None:
            await asyncio.sleep(0.01)

    clock = FakeClock()
    clock.watched = [Desk()]
    with pytest.raises(NotSettledError, match="Desk has 2 in hand"):
        await clock.advance("1s")


async def test_a_loop_that_never_rests_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_clock, "PATIENCE", 0.2)

    loop = asyncio.get_running_loop()
    spinning = True

    def again() -> None:
        if spinning:
            loop.call_soon(again)

    again()
    with pytest.raises(NotSettledError, match="never runs out of work"):
        await FakeClock().advance("1s")
    spinning = False


async def test_a_promise_that_is_not_kept_fails_the_story_in_words() -> None:
    async def gus_waits_in_vain() -> None:
        async with story() as campus:
            campus.phone("Gus").expects_sms("lockdown")
            await campus.press("front-office")

    with pytest.raises(AssertionError, match="Gus Grant waited in vain for sms with 'lockdown'"):
        await gus_waits_in_vain()


async def test_a_failed_check_reads_like_a_sentence() -> None:
    async with story() as campus:
        with pytest.raises(AssertionError, match="Door d7 does not hold"):
            campus.door("d7").is_secured()
        with pytest.raises(AssertionError, match="north-rooms never said 'lockdown'"):
            campus.speaker("north-rooms").heard("lockdown")
