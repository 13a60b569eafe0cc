"""Doors and signals behind Home Assistant, against its REST interface on a real socket."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from pydantic import ValidationError

from notifier.campus.relay_device import Wire
from notifier.doors.home_assistant import HomeAssistantDoor, HomeAssistantSettings, HomeAssistantSignal
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import ReadsInput
from notifier.model.door import Lock
from notifier.model.settings import Secret
from notifier.testing.check_door_driver import DOOR_PROMISES, follows_the_wiring_of_the_site_file
from notifier.testing.check_door_driver import Promise as DoorPromise
from notifier.testing.check_signal_driver import SIGNAL_PROMISES
from notifier.testing.check_signal_driver import Promise as SignalPromise
from tests.doors.driving import driving_fake
from tests.doors.home_assistant_server import FakeHomeAssistant
from tests.doors.web_bench import WebDoorBench, WebSignalBench
from tests.doors.web_fake import PASSWORD, tools

INPUTS = {0: "binary_sensor.d7_bolt", 1: "binary_sensor.d7_leaf"}
SWITCH = {"entity": "switch.d7", "inputs": INPUTS}
LOCK = {"entity": "lock.d7", "inputs": INPUTS}


def bench(settings: dict[str, Any]) -> WebDoorBench:
    return WebDoorBench("home_assistant", FakeHomeAssistant, settings, login="token")


def door_and_fake(
    **settings: Any,
) -> AbstractAsyncContextManager[tuple[WebDoorBench, FakeHomeAssistant, HomeAssistantDoor]]:
    return driving_fake(bench({**LOCK, **settings}), FakeHomeAssistant, lambda: HomeAssistantDoor(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_on_a_switch_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with bench(SWITCH) as ready:
        await promise(lambda: HomeAssistantDoor(tools()), ready)


@pytest.mark.parametrize(
    "promise",
    [promise for promise in DOOR_PROMISES if promise is not follows_the_wiring_of_the_site_file],
    ids=lambda promise: promise.__name__,
)
async def test_a_lock_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with bench(LOCK) as ready:
        await promise(lambda: HomeAssistantDoor(tools()), ready)


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_signal_keeps_the_promise_that_it(promise: SignalPromise) -> None:
    siren = WebSignalBench("home_assistant", FakeHomeAssistant, {}, {"entity": "siren.hall"}, login="token")
    async with siren as ready:
        await promise(lambda: HomeAssistantSignal(tools()), ready)


async def test_a_lock_is_never_unlocked_by_a_polarity_that_it_has_not() -> None:
    async with door_and_fake() as (ready, fake, driver):
        with pytest.raises(WillNotWork, match="would unlock it"):
            await driver.secure(ready.door.model_copy(update={"secured_when": "relay_off"}))
    assert fake.requests == []


async def test_an_entity_that_does_not_exist_is_answered_200_and_never_believed() -> None:
    async with door_and_fake(entity="lock.d8") as (ready, _fake, driver):
        await driver.secure(ready.door)
        reading = await driver.read(ready.door)
        health = await driver.check(ready.door)
    assert reading.lock is Lock.UNKNOWN
    assert "knows no entity lock.d8" in reading.detail
    assert not health.well


@pytest.mark.parametrize(
    ("said", "lock"),
    [
        ("jammed", Lock.JAMMED),
        ("locking", Lock.MOVING),
        ("unlocking", Lock.MOVING),
        ("locked", Lock.SECURED),
        ("unlocked", Lock.UNSECURED),
        ("open", Lock.UNSECURED),
        ("unavailable", Lock.UNKNOWN),
        ("unknown", Lock.UNKNOWN),
        ("a new word", Lock.UNKNOWN),
    ],
)
async def test_a_lock_that_is_declared_its_own_sensor_is_read_as(said: str, lock: Lock) -> None:
    async with door_and_fake(inputs={0: "lock.d7"}) as (ready, fake, driver):
        fake.over["lock.d7"] = said
        reading = await driver.read(ready.door)
    assert reading.lock is lock
    assert said in reading.detail or lock in (Lock.SECURED, Lock.UNSECURED)


async def test_a_state_that_is_only_assumed_proves_nothing() -> None:
    async with door_and_fake(inputs={0: "lock.d7"}) as (ready, fake, driver):
        fake.assumed.add("lock.d7")
        fake.over["lock.d7"] = "locked"
        reading = await driver.read(ready.door)
    assert reading.lock is Lock.UNKNOWN
    assert "only assumed locked" in reading.detail


async def test_a_lock_that_asks_for_a_code_gets_it() -> None:
    async with door_and_fake(code=Secret("4711")) as (ready, fake, driver):
        fake.code = "4711"
        await driver.secure(ready.door)
        await ready.let_it_travel()
        assert ready.holds()
        fake.code = "0815"
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(ready.door)
    assert failure.value.reason is Reason.REFUSED


async def test_doors_behind_one_server_do_not_wait_for_one_another() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.set_wire(Wire.HANGS)
        other = ready.door.model_copy(update={"settings": {**ready.door.settings, "entity": "switch.d7"}})
        both = [asyncio.ensure_future(driver.secure(door)) for door in (ready.door, other)]
        await asyncio.wait_for(ready.until(lambda: len(fake.requests) == 2), 5)
        fake.set_wire(Wire.WELL)
        await asyncio.gather(*both, return_exceptions=True)


async def test_a_restarted_server_takes_the_very_next_command() -> None:
    async with door_and_fake() as (ready, fake, driver):
        await driver.secure(ready.door)
        fake.set_wire(Wire.UNPLUGGED)
        ready.mend()
        await driver.secure(ready.door)
    assert len(fake.requests) == 2


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with door_and_fake() as (_ready, fake, driver):
        assert isinstance(driver, ReadsInput)
        only = {"token": PASSWORD, "inputs": {4: "binary_sensor.d7_leaf"}}
        assert await driver.read_input(fake.url, only, 4) is True
        assert await driver.read_input(fake.url, only, 5) is None


@pytest.mark.parametrize("entity", ["light.hall", "Lock.D7", "lock", "lock.d7/../x"])
def test_what_is_no_lock_and_no_switch_is_refused_when_it_is_written(entity: str) -> None:
    with pytest.raises(ValidationError):
        HomeAssistantSettings.model_validate({"entity": entity})
