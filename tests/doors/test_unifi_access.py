"""Doors on a UniFi Access console, against an imitation with a certificate of its own on a real socket."""

import json
from contextlib import AbstractAsyncContextManager

import pytest

from notifier.doors.unifi_access import UnifiDoor
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.model.door import Leaf, Lock, Mode
from notifier.testing.check_door_driver import DOOR_PROMISES, Promise
from tests.doors.controller_bench import tools
from tests.doors.driving import driving
from tests.doors.own_certificate import OwnCertificate
from tests.doors.unifi_bench import UnifiBench


def bench_and_driver() -> AbstractAsyncContextManager[tuple[UnifiBench, UnifiDoor]]:
    return driving(UnifiBench(), lambda _bench: UnifiDoor(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: Promise) -> None:
    async with UnifiBench() as bench:
        await promise(lambda: UnifiDoor(tools()), bench)


async def test_another_certificate_than_the_pinned_one_gets_no_token() -> None:
    async with bench_and_driver() as (bench, driver):
        door = bench.with_settings(fingerprint=OwnCertificate().fingerprint)
        with pytest.raises(WillNotWork, match="another certificate") as failure:
            await driver.secure(door)
    assert failure.value.reason is Reason.BAD_ADDRESS
    assert bench.server.seen == []


async def test_a_certificate_that_nobody_vouches_for_must_be_pinned() -> None:
    async with bench_and_driver() as (bench, driver):
        with pytest.raises(WillNotWork, match="name its fingerprint"):
            await driver.secure(bench.with_settings(fingerprint=None))
    assert bench.server.seen == []


async def test_what_the_hub_was_told_is_never_taken_for_a_lock() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        reading = await driver.read(bench.door)
    assert (reading.lock, reading.leaf, reading.relay_on) == (Lock.UNKNOWN, Leaf.CLOSED, True)
    assert reading.detail == "hub told to lock, nothing senses the lock, leaf closed"


async def test_the_rule_is_reset_and_a_schedule_that_opens_then_is_ended_early() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.stands_locked()
        for opens, rules in ((False, ["reset"]), (True, ["reset", "lock_early"])):
            await driver.secure(bench.door)
            if opens:
                bench.schedule_would_open()
            since = len(bench.server.seen)
            await driver.release(bench.door)
            told = [json.loads(asked.body)["type"] for asked in bench.server.seen[since:] if asked.method == "PUT"]
            assert told == rules
            assert bench.lock.mode == "Locked"


async def test_a_door_that_its_schedule_opens_is_left_to_the_schedule_and_not_held_open_for_ever() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.schedule_would_open()
        await driver.secure(bench.door)
        await driver.restore(bench.door)
        assert (bench.lock.mode, bench.rule) == ("Unlocked", "schedule")
        bench.lock.schedule = "Locked"
        await driver.secure(bench.door)
        await driver.restore(bench.door)
    assert (bench.lock.mode, bench.rule) == ("Unlocked", "keep_unlock")


async def test_a_rule_that_is_not_read_is_said_and_the_door_is_read_all_the_same() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.rules_unread = True
        reading = await driver.read(bench.door)
    assert (reading.relay_on, reading.mode) == (False, None)
    assert "its rule was not read" in reading.detail


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("CODE_OPERATION_FORBIDDEN", WillNotWork, Reason.CREDENTIALS),
        ("CODE_DEVICE_DEVICE_OFFLINE", TryAgain, None),
        ("CODE_NOT_EXISTS", WillNotWork, Reason.NOT_SUPPORTED),
        ("CODE_PARAMS_INVALID", WillNotWork, Reason.REFUSED),
    ],
)
async def test_a_200_whose_code_is_no_success_is_a_failure(
    code: str, kind: type[AdapterError], reason: Reason | None
) -> None:
    async with bench_and_driver() as (bench, driver):
        bench.code = code
        with pytest.raises(kind) as failure:
            await driver.secure(bench.door)
    assert getattr(failure.value, "reason", None) is reason


async def test_a_door_without_a_hub_cannot_be_locked_and_a_check_says_so() -> None:
    async with bench_and_driver() as (bench, driver):
        assert "rule schedule" in (await driver.check(bench.door)).text
        bench.bound = False
        health = await driver.check(bench.door)
    assert not health.well
    assert "No hub is bound" in health.text


@pytest.mark.parametrize(("position", "leaf"), [("Open", Leaf.OPEN), ("Unknown", Leaf.UNKNOWN)])
async def test_the_door_position_sensor_tells_the_leaf(position: str, leaf: Leaf) -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.leaf = position
        assert (await driver.read(bench.door)).leaf is leaf
        assert (await driver.read(bench.with_settings(door_monitor=False))).leaf is Leaf.UNKNOWN


@pytest.mark.parametrize("rule", ["keep_unlock", "custom"])
async def test_a_rule_that_opened_the_door_is_named_before_and_never_given_back(rule: str) -> None:
    async with bench_and_driver() as (bench, driver):
        bench.rule = rule
        assert "which a lockdown ends for good" in (await driver.read(bench.door)).detail
        await driver.secure(bench.door)
        await driver.release(bench.door)
        after = await driver.read(bench.door)
        assert after.mode is Mode.NORMAL
        assert bench.rule not in ("keep_lock", "keep_unlock", "custom")
        assert "for good" not in after.detail
