"""Doors on Axis controllers, against an imitation on a real socket."""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from notifier.campus.door_model import LockFault
from notifier.campus.relay_device import Wire
from notifier.doors.axis import AxisDoor
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.model.door import Leaf, Lock, Mode
from notifier.testing.check_door_driver import DOOR_PROMISES, Promise
from tests.doors.axis_bench import TOKEN, AxisBench
from tests.doors.controller_bench import tools
from tests.doors.driving import driving


def bench_and_driver() -> AbstractAsyncContextManager[tuple[AxisBench, AxisDoor]]:
    return driving(AxisBench(), lambda _bench: AxisDoor(tools()))


@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: Promise) -> None:
    async with AxisBench() as bench:
        await promise(lambda: AxisDoor(tools()), bench)


async def test_it_is_locked_down_by_the_controllers_own_word() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
    assert [json.loads(asked.body) for asked in bench.server.seen] == [{"tdc:LockDownDoor": {"Token": TOKEN}}]


async def test_only_the_first_request_pays_for_the_password() -> None:
    async with bench_and_driver() as (bench, driver):
        for _ in range(3):
            await driver.read(bench.door)
            await driver.secure(bench.door)
    assert bench.server.refused == 1


async def test_a_door_that_was_locked_and_takes_cards_is_secured_and_says_so() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.with_settings(lock_with="lock"))
        await bench.let_it_travel()
        reading = await driver.read(bench.door)
    assert reading.lock is Lock.SECURED
    assert reading.detail == "controller told Locked, the lock monitor says locked, leaf closed, cards still open it"


async def test_a_thrown_lock_beside_an_open_leaf_is_not_secured() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        bench.lock.leaf = "Open"
        reading = await driver.read(bench.door)
    assert (reading.lock, reading.leaf) == (Lock.UNSECURED, Leaf.OPEN)


@pytest.mark.parametrize(
    ("change", "lock", "words"),
    [
        ({"alarm": "DoorForcedOpen"}, Lock.UNSECURED, "ALARM DoorForcedOpen"),
        ({"tamper": "TamperDetected"}, Lock.UNKNOWN, "TAMPERED"),
        ({"leaf": "Fault"}, Lock.UNKNOWN, "the door position switch says Fault"),
    ],
)
async def test_an_alarm_is_believed_before_the_lock_monitor(change: dict[str, str], lock: Lock, words: str) -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        for name, value in change.items():
            setattr(bench.lock, name, value)
        reading = await driver.read(bench.door)
    assert reading.lock is lock
    assert words in reading.detail


async def test_a_door_position_switch_that_is_not_declared_is_not_believed() -> None:
    async with bench_and_driver() as (bench, driver):
        reading = await driver.read(bench.with_settings(door_monitor=False))
    assert reading.leaf is Leaf.UNKNOWN


async def test_a_lockdown_that_already_holds_is_no_fault() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.mode = "LockedDown"
        await driver.secure(bench.door)


async def test_a_door_held_open_by_somebody_is_not_forced_shut_and_says_why() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.mode = "LockedOpen"
        with pytest.raises(WillNotWork, match="stands locked OPEN") as failure:
            await driver.secure(bench.door)
    assert failure.value.reason is Reason.REFUSED
    assert bench.lock.mode == "LockedOpen"


async def test_a_200_proves_nothing() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.fault = LockFault.DEAF
        await driver.secure(bench.door)
        await bench.let_it_travel()
        assert (await driver.read(bench.door)).lock is Lock.UNSECURED


async def test_opening_ends_the_lockdown_first() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await driver.restore(bench.door)
    assert said(bench, 1) == ["tdc:GetDoorState", "tdc:LockDownReleaseDoor", "tdc:GetDoorState", "tdc:UnlockDoor"]


async def test_a_door_that_its_schedule_opens_after_the_lockdown_is_left_to_the_schedule() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.schedule_would_open()
        await driver.secure(bench.door)
        await driver.restore(bench.door)
    assert said(bench, 1) == ["tdc:GetDoorState", "tdc:LockDownReleaseDoor", "tdc:GetDoorState"]
    assert bench.lock.mode == "Unlocked"


def said(bench: AxisBench, since: int) -> list[str]:
    return [next(iter(json.loads(asked.body))) for asked in bench.server.seen[since:]]


async def test_a_release_ends_the_lockdown_and_locks_only_what_the_schedule_has_opened() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.stands_locked()
        await driver.secure(bench.door)
        await driver.release(bench.door)
        assert said(bench, 1) == ["tdc:GetDoorState", "tdc:LockDownReleaseDoor", "tdc:GetDoorState"]
        await driver.secure(bench.door)
        bench.schedule_would_open()
        await driver.release(bench.door)
        assert said(bench, 5) == [*said(bench, 1)[:3], "tdc:LockDoor"]
    assert bench.lock.mode == "Locked"


async def test_a_release_that_broke_off_in_the_middle_locks_when_it_is_told_again() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.stands_locked()
        await driver.secure(bench.door)
        bench.schedule_would_open()
        bench.lock.do("LockDownReleaseDoor")  # the answer to it was lost
        await driver.release(bench.door)
    assert bench.lock.mode == "Locked"


async def test_a_door_that_somebody_holds_open_is_not_closed_by_a_release() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.mode = "LockedOpen"
        await driver.release(bench.door)
        assert (await driver.read(bench.door)).mode is Mode.NORMAL
    assert bench.lock.mode == "LockedOpen"


async def test_a_block_is_ended_by_a_plain_lock() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.stands_locked()
        door = bench.with_settings(lock_with="block")
        await driver.secure(door)
        assert bench.shuts_out()
        assert (await driver.read(door)).mode is Mode.LOCKDOWN
        await driver.release(door)
        assert (await driver.read(door)).mode is Mode.NORMAL
    assert not bench.shuts_out()
    assert bench.lock.mode == "Locked"


async def test_a_door_that_is_only_locked_has_no_mode_to_leave() -> None:
    async with bench_and_driver() as (bench, driver):
        door = bench.with_settings(lock_with="lock")
        await driver.secure(door)
        assert not driver.locks_down(door)
        assert (await driver.read(door)).mode is None
        with pytest.raises(WillNotWork, match="no mode to leave"):
            await driver.release(door)
    assert not bench.shuts_out()


async def test_a_door_that_the_controller_does_not_have_is_named() -> None:
    async with bench_and_driver() as (bench, driver):
        door = bench.with_settings(token="Axis-0:0")
        with pytest.raises(WillNotWork, match="no door with this token") as failure:
            await driver.secure(door)
        reading = await driver.read(door)
    assert failure.value.reason is Reason.NOT_SUPPORTED
    assert "no door with this token" in reading.detail


@pytest.mark.parametrize(
    ("capability", "warning"),
    [
        ("LockDown", "does not know LockDownDoor"),
        ("LockMonitor", "declare a lock monitor"),
        ("DoorMonitor", "position"),
    ],
)
async def test_a_check_says_what_the_controller_cannot(capability: str, warning: str) -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.capabilities[capability] = False
        health = await driver.check(bench.door)
    assert not health.well
    assert warning in health.text


async def test_a_door_without_lockdown_can_be_blocked() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.capabilities["LockDown"] = False
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(bench.door)
        await driver.secure(bench.with_settings(lock_with="block"))
    assert failure.value.reason is Reason.NOT_SUPPORTED
    assert bench.lock.mode == "Blocked"


async def test_a_busy_controller_may_be_tried_again() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.server.set_wire(Wire.BUSY)
        with pytest.raises(TryAgain):
            await driver.secure(bench.door)


async def test_a_controller_back_from_a_power_cut_takes_the_very_next_command() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        bench.server.set_wire(Wire.UNPLUGGED)
        bench.mend()
        await driver.secure(bench.door)
    assert bench.lock.mode == "LockedDown"


@pytest.mark.parametrize("settings", [{"token": TOKEN}, {"token": TOKEN, "password": "correct-horse-9", "tokn": 1}])
async def test_wrong_settings_are_said_without_the_password(settings: dict[str, Any]) -> None:
    async with bench_and_driver() as (bench, driver):
        reading = await driver.read(bench.door.model_copy(update={"settings": settings}))
    assert "settings of this device are wrong" in reading.detail
    assert "correct-horse-9" not in reading.detail
