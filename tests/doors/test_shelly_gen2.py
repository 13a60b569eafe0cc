"""Doors and signals on Shelly relays, against devices on real sockets."""

import asyncio
import traceback
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web

from notifier.campus.door_model import LockFault
from notifier.campus.relay_device import Wire
from notifier.doors.shelly_gen2 import ShellyDoor, ShellySignal
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import ReadsInput, Tools
from notifier.model.door import Leaf, Lock
from notifier.model.settings import Secret
from notifier.testing.check_door_driver import DOOR_PROMISES
from notifier.testing.check_door_driver import Promise as DoorPromise
from notifier.testing.check_signal_driver import SIGNAL_PROMISES
from notifier.testing.check_signal_driver import Promise as SignalPromise
from notifier.wire.device_http import Forbidden, GuardedResolver
from tests.campus.hand_clock import HandClock
from tests.doors.driving import driving
from tests.doors.shelly_bench import PASSWORD, SETTINGS, ShellyBench, StrobeBench, tools


def bench_and_driver() -> AbstractAsyncContextManager[tuple[ShellyBench, ShellyDoor]]:
    return driving(ShellyBench(), lambda _bench: ShellyDoor(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    async with ShellyBench() as bench:
        await promise(lambda: ShellyDoor(tools()), bench)


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_signal_keeps_the_promise_that_it(promise: SignalPromise) -> None:
    async with StrobeBench() as bench:
        await promise(lambda: ShellySignal(tools()), bench)


async def test_only_the_first_request_pays_for_the_password() -> None:
    async with bench_and_driver() as (bench, driver):
        for _ in range(4):
            await driver.secure(bench.door)
            await driver.read(bench.door)
    assert bench.device.refused == 1
    assert len(bench.device.requests) == 8


async def test_a_restarted_device_that_forgot_its_nonces_is_reached_by_the_same_command() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        bench.server.forget_nonces(bench.device)
        await driver.secure(bench.door)
    assert bench.device.refused == 2
    assert [seen.on for seen in bench.device.requests] == [True, True]


async def test_a_password_that_was_put_in_as_a_secret_opens_the_device() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door.model_copy(update={"settings": {**SETTINGS, "password": Secret(PASSWORD)}}))
    assert bench.lock.on(bench.clock.now())


async def test_a_device_without_a_password_needs_none() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.device.password = None
        await driver.secure(bench.door.model_copy(update={"settings": {}}))
    assert bench.lock.on(bench.clock.now())


async def test_a_device_that_asks_for_a_password_is_not_the_same_as_a_wrong_one() -> None:
    async with bench_and_driver() as (bench, driver):
        with pytest.raises(WillNotWork, match="asks for a password") as failure:
            await driver.secure(bench.door.model_copy(update={"settings": {}}))
    assert failure.value.reason is Reason.CREDENTIALS


async def test_a_command_does_not_wait_for_a_question_that_is_never_answered() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.device.set_wire(Wire.HOLDS_READS)
        poll = asyncio.ensure_future(driver.read(bench.door))
        await bench.until(lambda: bool(bench.device.requests))
        await driver.secure(bench.door)
        assert not poll.done()
        bench.mend()
        await poll
    assert bench.lock.on(bench.clock.now())


async def test_those_who_wait_share_one_answer() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.device.set_wire(Wire.HOLDS_READS)
        first = asyncio.ensure_future(driver.read(bench.door))
        await bench.until(lambda: bool(bench.device.requests))
        others = [asyncio.ensure_future(driver.read(bench.door)) for _ in range(5)]
        await asyncio.sleep(0)
        await driver.secure(bench.door)
        await bench.let_it_travel()
        bench.mend()
        readings = await asyncio.gather(*others)
        await first
    assert [seen.method for seen in bench.device.requests] == ["Shelly.GetStatus", "Switch.Set", "Shelly.GetStatus"]
    assert {reading.lock for reading in readings} == {Lock.SECURED}


async def test_a_bolt_is_read_secured_only_once_it_has_arrived() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        on_its_way = await driver.read(bench.door)
        await bench.let_it_travel()
        arrived = await driver.read(bench.door)
    assert (on_its_way.relay_on, on_its_way.lock) == (True, Lock.UNSECURED)
    assert arrived.lock is Lock.SECURED


async def test_a_propped_door_is_open_and_not_secured() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.prop_open()
        await driver.secure(bench.door)
        await bench.let_it_travel()
        reading = await driver.read(bench.door)
    assert (reading.lock, reading.leaf) == (Lock.UNSECURED, Leaf.OPEN)
    assert reading.detail == "relay on, the lock's contact says NOT secured, leaf OPEN"


@pytest.mark.parametrize("fault", [LockFault.JAMMED, LockFault.DEAF, LockFault.LYING])
async def test_an_answer_of_200_proves_nothing(fault: LockFault) -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.fault = fault
        await driver.secure(bench.door)
        await bench.let_it_travel()
        assert (await driver.read(bench.door)).lock is Lock.UNSECURED


async def test_a_relay_that_the_device_does_not_have_is_named() -> None:
    async with bench_and_driver() as (bench, driver):
        door = bench.door.model_copy(update={"settings": {**SETTINGS, "relay": 3}})
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(door)
        assert failure.value.reason is Reason.NOT_SUPPORTED
        assert "no relay 3" in (await driver.read(door)).detail
        assert not (await driver.check(door)).well


async def test_a_device_back_from_a_power_cut_takes_the_very_next_command() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        bench.device.set_wire(Wire.UNPLUGGED)
        bench.mend()
        await driver.secure(bench.door)
    assert len(bench.device.requests) == 2


async def test_a_busy_device_may_be_tried_again() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.device.set_wire(Wire.BUSY)
        with pytest.raises(TryAgain):
            await driver.secure(bench.door)


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with bench_and_driver() as (bench, driver):
        assert isinstance(driver, ReadsInput)
        bench.device.contacts = {2: False, 3: None}
        assert await driver.read_input(bench.url, SETTINGS, 2) is False
        bench.device.contacts[2] = True
        assert await driver.read_input(bench.url, SETTINGS, 2) is True
        assert await driver.read_input(bench.url, SETTINGS, 3) is None
        assert await driver.read_input(bench.url, SETTINGS, 9) is None
        bench.device.set_wire(Wire.UNPLUGGED)
        assert await driver.read_input(bench.url, SETTINGS, 2) is None


@pytest.mark.parametrize(
    ("setting", "value", "warning"),
    [
        ("initial_state", "off", "may unlock this door"),
        ("initial_state", "match_input", "may unlock this door"),
        ("auto_off", 60.0, "would unlock this door by itself after 60.0 s"),
        ("in_mode", "follow", "also switches its relay"),
    ],
)
async def test_a_check_finds_what_the_device_would_do_behind_our_back(
    setting: str, value: object, warning: str
) -> None:
    async with bench_and_driver() as (bench, driver):
        assert (await driver.check(bench.door)).well
        setattr(bench.lock, setting, value)
        health = await driver.check(bench.door)
    assert not health.well
    assert warning in health.text


async def test_a_check_takes_the_technicians_word_for_what_happens_when_power_returns() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.initial_state = "off"
        agreed = bench.door.model_copy(update={"settings": {**SETTINGS, "initial_state": "off"}})
        declared = bench.door.model_copy(update={"on_power_loss": "unlocks"})
        assert (await driver.check(agreed)).well
        assert (await driver.check(declared)).well
        bench.lock.initial_state = "on"
        assert not (await driver.check(agreed)).well


async def test_this_machine_is_not_spoken_to_unless_its_network_is_named() -> None:
    async with ShellyBench() as bench:
        driver = ShellyDoor(Tools(http=None, clock=HandClock(), state_dir=""))
        with pytest.raises(WillNotWork, match="allow_addresses") as failure:
            await driver.secure(bench.door)
        assert (await driver.read(bench.door)).lock is Lock.UNKNOWN
        await driver.close()
    assert failure.value.reason is Reason.BAD_ADDRESS
    assert bench.device.requests == []


async def test_a_name_may_not_lead_where_an_address_may_not() -> None:
    strict, allowing = GuardedResolver(()), GuardedResolver(("127.0.0.0/8", "::1/128"))
    with pytest.raises(Forbidden):
        await strict.resolve("localhost", 80)
    assert await allowing.resolve("localhost", 80)
    await strict.close()
    await allowing.close()


async def test_nobody_sends_us_elsewhere() -> None:
    visited: list[str] = []

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        visited.append(request.path)
        return web.Response(status=307, headers={"Location": "/trap"})

    runner = web.ServerRunner(web.Server(elsewhere))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with bench_and_driver() as (bench, driver):
        host, port = runner.addresses[0][:2]
        with pytest.raises(WillNotWork, match="sends us elsewhere"):
            await driver.secure(bench.door.model_copy(update={"address": f"http://{host}:{port}"}))
    await runner.cleanup()
    assert visited == ["/rpc/Switch.Set"]


async def test_an_answer_nested_without_end_is_an_unknown_door_and_no_more() -> None:
    async def nested(_request: web.BaseRequest) -> web.Response:
        return web.Response(body=b'{"a":' * 40_000, content_type="application/json")

    runner = web.ServerRunner(web.Server(nested))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with bench_and_driver() as (bench, driver):
        host, port = runner.addresses[0][:2]
        door = bench.door.model_copy(update={"address": f"http://{host}:{port}"})
        with pytest.raises(AdapterError):
            await driver.secure(door)
        assert (await driver.read(door)).lock is Lock.UNKNOWN
    await runner.cleanup()


@pytest.mark.parametrize(
    "settings", [{"password": PASSWORD, "relais": 0}, {"password": [PASSWORD]}, {"password": PASSWORD, "relay": "one"}]
)
async def test_wrong_settings_are_said_without_the_password(settings: dict[str, Any]) -> None:
    async with bench_and_driver() as (bench, driver):
        door = bench.door.model_copy(update={"settings": settings})
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(door)
        reading = await driver.read(door)
    written = "".join(traceback.format_exception(failure.value)) + reading.detail
    assert PASSWORD not in written
    assert "settings of this device are wrong" in reading.detail
