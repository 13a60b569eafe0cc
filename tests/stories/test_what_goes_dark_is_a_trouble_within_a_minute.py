"""Supervision: everything a response would need is looked at while nothing is wrong."""

from collections.abc import AsyncIterator

import pytest

from notifier.clock import Kept
from notifier.model.events import EventKind
from notifier.testing.story import Story, story


@pytest.fixture
async def campus() -> AsyncIterator[Story]:
    async with story() as made:
        yield made


def raised(campus: Story, kind: str) -> int:
    found = [data for event, data in campus.log.all_events() if event is EventKind.TROUBLE_RAISED]
    return sum(data["kind"] == kind for data in found)


async def test_a_relay_that_goes_dark_is_one_trouble_and_clears_itself(campus: Story) -> None:
    await campus.advance("2m")
    campus.log.has_no_trouble("door")
    campus.door("d1").goes_dead()
    await campus.advance("60s")
    trouble = campus.log.has_trouble("door", "d1")
    assert "does not answer" in trouble["text"]
    await campus.advance("5m")
    assert raised(campus, "door") == 1
    campus.door("d1").mends()
    await campus.advance("30s")
    campus.log.has_no_trouble("door")


async def test_a_restart_neither_forgets_a_trouble_nor_raises_it_again(campus: Story) -> None:
    campus.door("d1").goes_dead()
    await campus.advance("60s")
    await campus.restarts()
    await campus.advance("60s")
    assert raised(campus, "door") == 1
    campus.door("d1").mends()
    await campus.advance("30s")
    campus.log.has_no_trouble("door")


async def test_a_trouble_that_comes_back_is_raised_again(campus: Story) -> None:
    for _ in range(2):
        campus.door("d1").goes_dead()
        await campus.advance("60s")
        campus.door("d1").mends()
        await campus.advance("30s")
    assert raised(campus, "door") == 2


async def test_doors_are_asked_one_after_another_and_each_every_half_minute(campus: Story) -> None:
    devices = {door.id: campus.door(door.id).device for door in campus.held.site.doors}
    await campus.advance("1m")
    began = {name: len(device.requests) for name, device in devices.items()}
    most = 0
    for _ in range(30):
        before = {name: len(device.requests) for name, device in devices.items()}
        await campus.advance("1s")
        most = max(most, sum(len(device.requests) > before[name] for name, device in devices.items()))
    assert all(len(device.requests) > began[name] for name, device in devices.items())
    assert most < len(devices)


async def test_nothing_is_moved_by_looking(campus: Story) -> None:
    await campus.advance("5m")
    requests = [seen for door in campus.held.site.doors for seen in campus.door(door.id).device.requests]
    assert requests
    assert all(seen.on is None for seen in requests)


async def test_a_sender_whose_provider_is_away_is_a_trouble(campus: Story) -> None:
    campus.sender("push").fails()
    await campus.advance("60s")
    assert "push" in campus.log.has_trouble("provider", "push")["text"]


async def test_a_clock_that_nobody_keeps_is_a_trouble_until_somebody_does(campus: Story) -> None:
    campus.clock.machine.kept = Kept(right=False, error=16.0)
    await campus.advance("60s")
    campus.log.has_trouble("clock", "kept")
    campus.clock.machine.kept = Kept(right=True, error=0.01)
    await campus.advance("60s")
    campus.log.has_no_trouble("clock")


async def test_no_device_is_asked_beside_a_young_response_and_each_one_afterwards(campus: Story) -> None:
    """A strobe's wire: doors are read back by the response itself."""
    await campus.advance("1m")
    await campus.press("front-office")
    await campus.advance("5s")
    device = campus.campus.grounds.device_of(campus.held.site.signals[0].id)
    before = len(device.requests)
    await campus.advance("50s")
    assert len(device.requests) == before
    await campus.advance("40s")
    assert len(device.requests) > before
