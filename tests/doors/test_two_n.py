"""Doors on 2N intercoms, against a device on a real socket."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from notifier.doors.two_n import TwoNDoor
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import ReadsInput
from notifier.model.door import Leaf, Lock
from notifier.testing.check_door_driver import DOOR_PROMISES, follows_the_wiring_of_the_site_file
from notifier.testing.check_door_driver import Promise as DoorPromise
from tests.doors.driving import driving_fake
from tests.doors.two_n_device import FakeTwoN, FakeTwoNOutput, TwoNBench
from tests.doors.web_bench import WebDoorBench
from tests.doors.web_fake import PASSWORD, tools


def door_and_fake(**settings: Any) -> AbstractAsyncContextManager[tuple[WebDoorBench, FakeTwoN, TwoNDoor]]:
    return driving_fake(TwoNBench("two_n", FakeTwoN, settings), FakeTwoN, lambda: TwoNDoor(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_on_an_output_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with WebDoorBench("two_n", FakeTwoNOutput, {"by": "output"}) as ready:
        await promise(lambda: TwoNDoor(tools()), ready)


@pytest.mark.parametrize(
    "promise",
    [promise for promise in DOOR_PROMISES if promise is not follows_the_wiring_of_the_site_file],
    ids=lambda promise: promise.__name__,
)
async def test_a_door_that_is_blocked_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with TwoNBench("two_n", FakeTwoN, {}) as ready:
        await promise(lambda: TwoNDoor(tools()), ready)


async def test_blocking_takes_no_polarity_and_says_so() -> None:
    async with door_and_fake() as (ready, fake, driver):
        with pytest.raises(WillNotWork, match="by: output"):
            await driver.secure(ready.door.model_copy(update={"secured_when": "relay_off"}))
    assert fake.requests == []


async def test_a_switch_that_is_blocked_and_still_active_does_not_read_as_locked() -> None:
    async with door_and_fake() as (ready, fake, driver):
        await driver.secure(ready.door)
        fake.active = fake.held = True
        reading = await driver.read(ready.door)
    assert reading.relay_on is False
    assert "held and locked and active" in reading.detail


async def test_a_hold_of_a_timed_opening_does_not_outlive_the_next_lock() -> None:
    async with door_and_fake() as (ready, fake, driver):
        ready.stands_locked()
        await driver.secure(ready.door)
        await driver.restore(ready.door)
        await ready.let_it_travel()
        assert not ready.holds()
        await driver.secure(ready.door)
        await driver.release(ready.door)
        await ready.let_it_travel()
        assert ready.holds()
    assert (fake.held, fake.active, fake.locked) == (False, False, False)


async def test_a_bistable_switch_is_opened_and_closed_by_its_own_words() -> None:
    async with door_and_fake(open_with="on") as (ready, fake, driver):
        ready.stands_locked()
        await driver.restore(ready.door)
        await ready.let_it_travel()
        assert not ready.holds()
        await driver.secure(ready.door)
        await ready.let_it_travel()
        assert ready.holds()
    assert not fake.active


async def test_a_propped_door_is_open_and_not_secured() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.lock.prop_open()
        await driver.secure(ready.door)
        await ready.let_it_travel()
        reading = await driver.read(ready.door)
    assert (reading.lock, reading.leaf) == (Lock.UNSECURED, Leaf.OPEN)


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ("insufficient privileges", WillNotWork, Reason.CREDENTIALS),
        ("function is not supported", WillNotWork, Reason.NOT_SUPPORTED),
        ("internal error", TryAgain, None),
    ],
)
async def test_a_200_without_success_is_no_success(said: str, kind: type[AdapterError], reason: Reason | None) -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.fails_with = {"code": 8, "description": said}
        with pytest.raises(kind) as failure:
            await driver.secure(ready.door)
        reading = await driver.read(ready.door)
    assert getattr(failure.value, "reason", None) is reason
    assert (reading.lock, reading.relay_on) == (Lock.UNKNOWN, None)
    assert said in reading.detail


async def test_a_switch_that_the_device_does_not_have_is_named() -> None:
    async with door_and_fake(switch=4) as (ready, _fake, driver):
        with pytest.raises(WillNotWork, match="switch 4") as failure:
            await driver.secure(ready.door)
    assert failure.value.reason is Reason.NOT_SUPPORTED


async def test_only_the_first_request_pays_for_the_password() -> None:
    async with door_and_fake() as (ready, fake, driver):
        for _ in range(3):
            await driver.secure(ready.door)
            await driver.read(ready.door)
    assert fake.refused == 1


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with door_and_fake() as (_ready, fake, driver):
        assert isinstance(driver, ReadsInput)
        assert await driver.read_input(fake.url, {"password": PASSWORD}, 2) is True
        assert await driver.read_input(fake.url, {"password": PASSWORD}, 5) is None
