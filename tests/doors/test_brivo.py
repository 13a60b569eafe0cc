"""Doors over Brivo's cloud, against an imitation on a real socket."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest

from notifier.doors.brivo import BrivoDoor, BrivoSettings, mode_of_scenarios
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.model.door import Leaf, Lock, Mode
from notifier.testing.check_door_driver import DOOR_PROMISES, Promise
from notifier.testing.door_bench import Arrived
from tests.doors.cloud_bench import BrivoBench
from tests.doors.controller_bench import tools
from tests.doors.driving import driving


def bench_and_driver() -> AbstractAsyncContextManager[tuple[BrivoBench, BrivoDoor]]:
    return driving(BrivoBench(), lambda bench: BrivoDoor(tools(bench.clock)))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: Promise) -> None:
    async with BrivoBench() as bench:
        await promise(lambda: BrivoDoor(tools(bench.clock)), bench)


async def test_a_200_that_lists_this_door_as_failed_is_a_failure() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.disobey = [12]
        with pytest.raises(TryAgain, match="this door did not obey"):
            await driver.secure(bench.door)
        bench.disobey = [13]
        await driver.secure(bench.door)


async def test_a_token_is_fetched_once_and_renewed_before_it_ends() -> None:
    async with bench_and_driver() as (bench, driver):
        for _ in range(3):
            await driver.read(bench.door)
        bench.clock.time += bench.lasts - 60
        await driver.read(bench.door)
        await driver.secure(bench.door)
    assert bench.logins == ["password", "refresh_token"]
    assert bench.server.refused == 0


async def test_a_token_that_ended_before_its_time_costs_one_refusal_and_no_command() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.read(bench.door)
        bench.end_tokens()
        bench.refreshes = False
        await driver.secure(bench.door)
    assert bench.lock.mode == "LockedDown"
    assert bench.logins == ["password", "password"]


async def test_doors_of_one_scenario_share_one_request() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.read(bench.door)
        other = bench.with_settings(access_point=13)
        await asyncio.gather(*(driver.secure(door) for door in (bench.door, other, bench.door)))
    assert bench.server.arrived.count(Arrived.ON) == 1


async def test_each_door_hears_its_own_verdict_of_a_shared_request() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.disobey = [13]
        other = bench.with_settings(access_point=13)
        outcomes = await asyncio.gather(driver.secure(other), driver.secure(bench.door), return_exceptions=True)
    assert isinstance(outcomes[0], TryAgain)
    assert outcomes[1] is None


async def test_one_door_is_never_opened_by_ending_a_scenario_of_many() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        with pytest.raises(WillNotWork, match="may hold other doors") as failure:
            await driver.restore(bench.with_settings(alone=False))
    assert failure.value.reason is Reason.NOT_SUPPORTED
    assert bench.lock.mode == "LockedDown"


async def test_a_scenario_of_many_doors_is_not_ended_for_one() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        with pytest.raises(WillNotWork, match="may hold other doors") as failure:
            await driver.release(bench.with_settings(alone=False))
    assert failure.value.reason is Reason.NOT_SUPPORTED
    assert bench.shuts_out()


@pytest.mark.parametrize(
    ("listed", "mode"),
    [
        ({"data": []}, Mode.NORMAL),
        ({"data": [{"id": 5}]}, Mode.LOCKDOWN),
        ({"results": [{"scenarioOid": "5"}, {"scenarioOid": 9}]}, Mode.LOCKDOWN),
        ({"data": [{"scenarioOid": 9}], "count": 1}, Mode.NORMAL),
        ({"data": [{"scenarioOid": 9}], "count": 30}, None),
        ({"data": [{"name": "Lockdown"}]}, None),
        ({"message": "ok"}, None),
    ],
)
def test_a_list_of_scenarios_that_is_not_understood_says_nothing(listed: dict[str, Any], mode: Mode | None) -> None:
    assert mode_of_scenarios(listed, 5) is mode


async def test_a_cloud_that_lists_no_scenarios_tells_no_mode() -> None:
    async with bench_and_driver() as (bench, driver):
        assert (await driver.read(bench.with_settings(active=None))).mode is None
        reading = await driver.read(bench.with_settings(active="/nowhere"))
    assert (reading.mode, reading.relay_on) == (None, False)
    assert "its scenario was not read" in reading.detail


async def test_old_news_from_the_cloud_prove_nothing() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        assert (await driver.read(bench.door)).lock is Lock.SECURED
        bench.status_age = timedelta(seconds=301)
        reading = await driver.read(bench.door)
    assert reading.lock is Lock.UNKNOWN
    assert "301 s ago" in reading.detail


async def test_every_reading_says_that_it_came_over_the_cloud() -> None:
    async with bench_and_driver() as (bench, driver):
        told = await driver.read(bench.door)
        await bench.server.close()
        cut = await driver.read(bench.door)
        health = await driver.check(bench.door)
    assert "told over the maker's cloud" in told.detail
    assert "told over the maker's cloud" in cut.detail
    assert "while the uplink is down" in health.text


async def test_an_open_leaf_outdoes_a_thrown_lock() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        bench.lock.leaf = "Open"
        reading = await driver.read(bench.door)
    assert (reading.lock, reading.leaf) == (Lock.UNSECURED, Leaf.OPEN)


@pytest.mark.parametrize("field", [None, "accessPointState"])
def test_a_lock_monitor_is_never_the_relays_own_word(field: str | None) -> None:
    written = {**BrivoBench().written(), "lock_field": field}
    with pytest.raises(ValueError, match="not of its relay"):
        BrivoSettings.model_validate(written)
