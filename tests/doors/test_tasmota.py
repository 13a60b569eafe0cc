"""Doors and signals on Tasmota relays, against a device on a real socket."""

from contextlib import AbstractAsyncContextManager

import pytest

from notifier.doors.tasmota import TasmotaDoor, TasmotaSignal
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import ReadsInput
from notifier.model.door import Leaf, Lock
from notifier.testing.check_door_driver import DOOR_PROMISES
from notifier.testing.check_door_driver import Promise as DoorPromise
from notifier.testing.check_signal_driver import SIGNAL_PROMISES
from notifier.testing.check_signal_driver import Promise as SignalPromise
from tests.doors.driving import driving_fake
from tests.doors.tasmota_device import FakeTasmota
from tests.doors.web_bench import WebDoorBench, WebSignalBench
from tests.doors.web_fake import PASSWORD, tools


def bench() -> WebDoorBench:
    return WebDoorBench("tasmota", FakeTasmota, {})


def door_and_fake() -> AbstractAsyncContextManager[tuple[WebDoorBench, FakeTasmota, TasmotaDoor]]:
    return driving_fake(bench(), FakeTasmota, lambda: TasmotaDoor(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with bench() as ready:
        await promise(lambda: TasmotaDoor(tools()), ready)


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_signal_keeps_the_promise_that_it(promise: SignalPromise) -> None:
    async with WebSignalBench("tasmota", FakeTasmota, {}, {"relay": 2}) as ready:
        await promise(lambda: TasmotaSignal(tools()), ready)


async def test_a_device_with_one_relay_calls_it_power_without_a_number() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.single = True
        await driver.secure(ready.door)
        await ready.let_it_travel()
        reading = await driver.read(ready.door)
    assert (reading.lock, reading.leaf, reading.relay_on) == (Lock.SECURED, Leaf.CLOSED, True)


async def test_old_firmware_is_asked_in_two_questions() -> None:
    async with door_and_fake() as (ready, _fake, driver):
        settings = {**ready.door.settings, "questions": ["Status 11", "Status 10"]}
        reading = await driver.read(ready.door.model_copy(update={"settings": settings}))
    assert (reading.lock, reading.relay_on) == (Lock.UNSECURED, False)


async def test_a_question_can_never_be_a_command() -> None:
    async with door_and_fake() as (ready, fake, driver):
        settings = {**ready.door.settings, "questions": ["Power1 OFF"]}
        reading = await driver.read(ready.door.model_copy(update={"settings": settings}))
    assert "settings of this device are wrong" in reading.detail
    assert fake.requests == []


async def test_a_relay_frozen_by_powerlock_is_said_and_may_be_tried_again() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.power_lock = True
        with pytest.raises(TryAgain, match="PowerLock"):
            await driver.secure(ready.door)


async def test_an_unknown_relay_is_named_although_the_device_answers_200() -> None:
    async with door_and_fake() as (ready, _fake, driver):
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(ready.door.model_copy(update={"settings": {**ready.door.settings, "relay": 7}}))
    assert failure.value.reason is Reason.NOT_SUPPORTED


async def test_a_device_that_asks_for_a_login_is_not_the_same_as_a_wrong_one() -> None:
    async with door_and_fake() as (ready, _fake, driver):
        settings = {name: value for name, value in ready.door.settings.items() if name != "password"}
        with pytest.raises(WillNotWork, match="asks for a login"):
            await driver.secure(ready.door.model_copy(update={"settings": settings}))


async def test_a_password_with_signs_of_its_own_arrives_whole() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.password = "a&b=c d+ü%"
        await driver.secure(
            ready.door.model_copy(update={"settings": {**ready.door.settings, "password": "a&b=c d+ü%"}})
        )
    assert fake.refused == 0


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [("pulse_time", 150, "PulseTime would unlock"), ("power_on_state", 0, "When power returns")],
)
async def test_a_check_finds_what_the_device_would_do_behind_our_back(name: str, value: int, warning: str) -> None:
    async with door_and_fake() as (ready, fake, driver):
        assert (await driver.check(ready.door)).well
        setattr(fake, name, value)
        health = await driver.check(ready.door)
    assert not health.well
    assert warning in health.text


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with door_and_fake() as (_ready, fake, driver):
        assert isinstance(driver, ReadsInput)
        settings = {"password": PASSWORD}
        assert await driver.read_input(fake.url, settings, 1) is False
        assert await driver.read_input(fake.url, settings, 9) is None
        fake.unplug()
        assert await driver.read_input(fake.url, settings, 1) is None
