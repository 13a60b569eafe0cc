"""Doors over Openpath's cloud, against an imitation on a real socket."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from notifier.doors.openpath import OpenpathDoor
from notifier.errors import WillNotWork
from notifier.model.door import Lock
from notifier.testing.check_door_driver import DOOR_PROMISES, Promise
from notifier.testing.door_bench import Arrived
from tests.doors.cloud_bench import OpenpathBench
from tests.doors.controller_bench import tools
from tests.doors.driving import driving


def bench_and_driver() -> AbstractAsyncContextManager[tuple[OpenpathBench, OpenpathDoor]]:
    return driving(OpenpathBench(), lambda bench: OpenpathDoor(tools(bench.clock)))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: Promise) -> None:
    async with OpenpathBench() as bench:
        await promise(lambda: OpenpathDoor(tools(bench.clock)), bench)


async def test_an_active_plan_is_not_a_thrown_lock() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        reading = await driver.read(bench.door)
    assert (reading.lock, reading.relay_on) == (Lock.UNKNOWN, True)
    assert reading.detail == "lockdown plan active (told over the maker's cloud), nothing senses the lock"


async def test_a_session_is_renewed_before_it_ends_and_after_it_was_ended() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.read(bench.door)
        bench.clock.time += bench.lasts - 60
        await driver.read(bench.door)
        bench.end_tokens()
        await driver.secure(bench.door)
    assert len(bench.logins) == 3
    assert bench.active


async def test_doors_of_one_plan_share_one_request_and_a_later_lock_never_joins_an_opening() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.read(bench.door)
        await asyncio.gather(driver.secure(bench.door), driver.secure(bench.door))
        await asyncio.gather(driver.restore(bench.door), driver.secure(bench.door))
    assert bench.server.arrived[2:] == [Arrived.ON, Arrived.OFF, Arrived.ON]
    assert bench.active


async def test_one_door_is_never_opened_by_reverting_a_plan_of_many() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        with pytest.raises(WillNotWork, match="may hold other doors"):
            await driver.restore(bench.with_settings(alone=False))
    assert bench.active


async def test_a_plan_that_ends_by_itself_is_warned_about() -> None:
    async with bench_and_driver() as (bench, driver):
        assert (await driver.check(bench.door)).well
        bench.ends_after = 1800
        health = await driver.check(bench.door)
    assert not health.well
    assert "ends by itself after 1800 s" in health.text
