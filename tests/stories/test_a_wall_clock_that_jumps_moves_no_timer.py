"""Somebody sets the clock in mid incident: people are told, and nothing fires early, late or twice."""

import pytest

from notifier.model.events import EventKind
from notifier.testing.story import Story, story

STEPS = ["+1h", "-1d", "+3s"]


async def lives_through(campus: Story, step: str, *, restart: bool) -> None:
    """A lockdown with a silent room; the clock is set at second 20."""
    await campus.press("front-office")
    await campus.advance("20s")
    campus.clock.steps_wall(step)
    if restart:
        await campus.restarts()
    await campus.advance("39s")
    campus.log.never_tells(EventKind.ESCALATED)
    campus.phone("Ada").has_not("may the message")
    await campus.advance("2s")
    assert len(campus.log.told(EventKind.ESCALATED)) == 1
    await campus.advance("3m50s")
    campus.phone("Ada").has_not("may the message")
    await campus.advance("15s")
    campus.phone("Ada").has("may the message 'guardians' leave now?", by="sms", times=1)
    assert len(campus.log.told(EventKind.ESCALATED)) == 1


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("step", STEPS)
async def test_timers_keep_their_time(step: str, restart: bool) -> None:
    async with story() as campus:
        await lives_through(campus, step, restart=restart)


@pytest.mark.parametrize("step", STEPS)
async def test_the_jump_is_told_as_a_trouble(step: str) -> None:
    async with story() as campus:
        await campus.advance("20s")
        campus.clock.steps_wall(step)
        await campus.advance("10s")
        campus.log.has_trouble("clock", "wall")


async def test_no_jump_is_no_trouble() -> None:
    async with story() as campus:
        await campus.advance("10m")
        await campus.restarts()
        await campus.advance("10m")
        campus.log.has_no_trouble("clock")


async def test_a_clock_set_back_before_a_reboot_delays_no_escalation_for_ever() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        campus.clock.steps_wall("-1d")
        await campus.restarts(reboot=True)
        await campus.advance("61s")
        assert len(campus.log.told(EventKind.ESCALATED)) == 1


async def test_time_that_passed_while_the_machine_was_off_has_passed() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await campus.restarts(after="2m", reboot=True)
        await campus.advance("2s")
        assert len(campus.log.told(EventKind.ESCALATED)) == 1
