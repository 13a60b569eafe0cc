"""Doors and signals on Shelly relays of the first generation, against a device on a real socket."""

from contextlib import AbstractAsyncContextManager

import pytest

from notifier.doors.shelly_gen1 import ShellyGen1Door, ShellyGen1Signal
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import ReadsInput
from notifier.model.door import Lock
from notifier.testing.check_door_driver import DOOR_PROMISES
from notifier.testing.check_door_driver import Promise as DoorPromise
from notifier.testing.check_signal_driver import SIGNAL_PROMISES
from notifier.testing.check_signal_driver import Promise as SignalPromise
from tests.doors.driving import driving_fake
from tests.doors.shelly_gen1_device import FakeShellyGen1
from tests.doors.web_bench import WebDoorBench, WebSignalBench
from tests.doors.web_fake import PASSWORD, tools


def bench() -> WebDoorBench:
    return WebDoorBench("shelly_gen1", FakeShellyGen1, {})


def door_and_fake() -> AbstractAsyncContextManager[tuple[WebDoorBench, FakeShellyGen1, ShellyGen1Door]]:
    return driving_fake(bench(), FakeShellyGen1, lambda: ShellyGen1Door(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with bench() as ready:
        await promise(lambda: ShellyGen1Door(tools()), ready)


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_signal_keeps_the_promise_that_it(promise: SignalPromise) -> None:
    async with WebSignalBench("shelly_gen1", FakeShellyGen1, {}, {"relay": 1}) as ready:
        await promise(lambda: ShellyGen1Signal(tools()), ready)


async def test_a_relay_that_the_device_does_not_have_is_named() -> None:
    async with door_and_fake() as (ready, _fake, driver):
        door = ready.door.model_copy(update={"settings": {**ready.door.settings, "relay": 3}})
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(door)
        reading = await driver.read(door)
    assert failure.value.reason is Reason.NOT_SUPPORTED
    assert "no relay 3" in reading.detail
    assert reading.relay_on is None


async def test_overpower_protection_is_said() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.overpower = True
        assert "overpower" in (await driver.read(ready.door)).detail


async def test_a_device_of_a_later_generation_is_sent_to_its_own_driver() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake._answer = lambda path, turn: __import__("aiohttp").web.json_response({"id": "x", "gen": 2})  # type: ignore[method-assign]  # the test stands in another device
        reading = await driver.read(ready.door)
    assert "shelly_gen2" in reading.detail
    assert reading.lock is Lock.UNKNOWN


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [
        ("default_state", "off", "may unlock this door"),
        ("default_state", "switch", "may unlock this door"),
        ("auto_off", 60.0, "would unlock this door by itself after 60 s"),
        ("btn_type", "toggle", "also switches its relay"),
    ],
)
async def test_a_check_finds_what_the_device_would_do_behind_our_back(name: str, value: object, warning: str) -> None:
    async with door_and_fake() as (ready, fake, driver):
        assert (await driver.check(ready.door)).well
        fake.settings[name] = value
        health = await driver.check(ready.door)
    assert not health.well
    assert warning in health.text


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with door_and_fake() as (_ready, fake, driver):
        assert isinstance(driver, ReadsInput)
        assert await driver.read_input(fake.url, {"password": PASSWORD}, 1) is True
        assert await driver.read_input(fake.url, {"password": PASSWORD}, 5) is None
