"""Doors on ONVIF controllers, against an imitation on a real socket."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from notifier.campus.door_model import LockFault
from notifier.doors.onvif import OnvifDoor
from notifier.errors import Reason, WillNotWork
from notifier.model.door import Leaf, Lock
from notifier.testing.check_door_driver import DOOR_PROMISES, Promise
from notifier.wire.onvif_soap import body_of, digest_of
from tests.doors.controller_bench import tools
from tests.doors.driving import driving
from tests.doors.onvif_bench import DigestOnvifBench, OnvifBench

WITH_ENTITY = (
    b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><a>&x;</a></s:Body></s:Envelope>'
)


def bench_and_driver() -> AbstractAsyncContextManager[tuple[OnvifBench, OnvifDoor]]:
    return driving(OnvifBench(), lambda bench: OnvifDoor(tools(bench.clock)))


@pytest.mark.parametrize("make_bench", [OnvifBench, DigestOnvifBench])
@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: Promise, make_bench: type[OnvifBench]) -> None:
    async with make_bench() as bench:
        await promise(lambda: OnvifDoor(tools(bench.clock)), bench)


async def test_a_device_whose_clock_is_hours_off_is_reached() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.ahead = timedelta(days=-400)
        await driver.secure(bench.door)
    assert bench.lock.mode == "LockedDown"
    assert bench.server.refused == 0


async def test_a_clock_that_is_set_meanwhile_costs_one_refusal_and_no_command() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.read(bench.door)
        bench.ahead = timedelta()
        await driver.secure(bench.door)
    assert bench.lock.mode == "LockedDown"
    assert bench.server.refused == 1


async def test_a_wrong_password_is_not_tried_twice_because_controllers_shut_accounts() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.read(bench.door)
        stranger = bench.stranger()
        assert stranger is not None
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(stranger)
    assert failure.value.reason is Reason.CREDENTIALS
    assert bench.server.refused == 1


async def test_the_service_is_asked_for_once_and_only_its_path_is_believed() -> None:
    async with bench_and_driver() as (bench, driver):
        for _ in range(3):
            await driver.read(bench.door)
    paths = [asked.path for asked in bench.server.seen]
    assert paths == ["/onvif/device_service", "/onvif/device_service", *["/onvif/doors"] * 3]


async def test_a_device_without_doors_says_so() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.offers_doors = False
        assert "offers no Door Control service" in (await driver.read(bench.door)).detail


async def test_a_lockdown_that_already_holds_is_no_fault_and_an_open_hold_is_one() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.mode = "LockedDown"
        await driver.secure(bench.door)
        bench.lock.mode = "LockedOpen"
        with pytest.raises(WillNotWork, match="stands locked OPEN"):
            await driver.secure(bench.door)


async def test_tamper_and_leaf_are_read_from_the_soap_answer() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.secure(bench.door)
        await bench.let_it_travel()
        assert (await driver.read(bench.door)).lock is Lock.SECURED
        bench.lock.tamper = "TamperDetected"
        tampered = await driver.read(bench.door)
        bench.lock.tamper, bench.lock.leaf = "NotInTamper", "Open"
        opened = await driver.read(bench.door)
    assert tampered.lock is Lock.UNKNOWN
    assert (opened.lock, opened.leaf) == (Lock.UNSECURED, Leaf.OPEN)


async def test_a_200_proves_nothing() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.lock.fault = LockFault.DEAF
        await driver.secure(bench.door)
        assert (await driver.read(bench.door)).lock is Lock.UNSECURED


async def test_a_door_that_the_controller_does_not_have_is_named() -> None:
    async with bench_and_driver() as (bench, driver):
        with pytest.raises(WillNotWork, match="no door with this token") as failure:
            await driver.secure(bench.with_settings(token="door-8"))
    assert failure.value.reason is Reason.NOT_SUPPORTED


async def test_a_check_says_what_the_controller_cannot() -> None:
    async with bench_and_driver() as (bench, driver):
        assert (await driver.check(bench.door)).well
        bench.lock.capabilities["LockMonitor"] = False
        health = await driver.check(bench.door)
    assert not health.well
    assert "declare a lock monitor" in health.text


def test_the_password_digest_is_the_hash_of_nonce_time_and_password_in_that_order() -> None:
    # Made with: printf 'abc2026-09-01T08:00:00Zsecret' | openssl dgst -sha1 -binary | base64
    assert digest_of(b"abc", "2026-09-01T08:00:00Z", "secret") == "B2KHfhFGqDUCEF9ycorKtWXu2KA="


@pytest.mark.parametrize(
    "document",
    [
        WITH_ENTITY,
        b"<html>no</html>",
        b"",
        b"\xff\xfe<",
    ],
)
def test_a_document_with_entities_or_without_soap_is_not_read(document: bytes) -> None:
    assert body_of(document) is None
