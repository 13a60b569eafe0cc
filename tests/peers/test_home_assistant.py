"""Our driver before the real Home Assistant: what our own imitation of it says is what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from notifier.clock import SystemClock
from notifier.doors.home_assistant import HomeAssistantDoor, HomeAssistantSignal
from notifier.errors import AdapterError
from notifier.interfaces import Tools
from notifier.model.door import Lock
from notifier.model.site import Door, Signal
from tests.peers.hass import Hass, home_assistant


@pytest.fixture(scope="module")
def hass() -> Iterator[Hass]:
    with home_assistant() as running:
        yield running


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession() as http:
        yield Tools(http, SystemClock(), ".", allow_addresses=("127.0.0.0/8",))


@pytest.fixture
async def driver(tools: Tools) -> AsyncIterator[HomeAssistantDoor]:
    driver = HomeAssistantDoor(tools)
    await driver.open()
    yield driver
    await driver.close()


def door(hass: Hass, name: str, sensor: str, token: str | None = None) -> Door:
    settings = {
        "entity": f"lock.{name}", "token": token or hass.token, "inputs": {0: f"binary_sensor.{sensor}"},
    }  # fmt: skip
    return Door.model_validate({
        "id": name, "zone": "main", "side": "interior", "driver": "home_assistant", "address": hass.url,
        "egress": "mechanical", "settings": settings, "sensed_by": {"input": 0, "secured_is": True},
    })  # fmt: skip


async def test_a_lock_is_secured_by_its_bolt_and_opened_again(hass: Hass, driver: HomeAssistantDoor) -> None:
    north = door(hass, "north", "north_bolt")
    assert (await driver.read(north)).lock is Lock.UNSECURED
    await driver.secure(north)
    reading = await driver.read(north)
    assert (reading.lock, reading.relay_on) == (Lock.SECURED, True)
    await driver.restore(north)
    assert (await driver.read(north)).lock is Lock.UNSECURED


async def test_a_lock_that_only_says_so_is_not_secured(hass: Hass, driver: HomeAssistantDoor) -> None:
    liar = door(hass, "liar", "liar_bolt")
    await driver.secure(liar)
    reading = await driver.read(liar)
    assert (reading.lock, reading.relay_on) == (Lock.UNSECURED, True)


@pytest.mark.parametrize(("lock", "sensor"), [("north", "gone"), ("north", "never_was"), ("never_was", "north_bolt")])
async def test_what_is_unavailable_or_not_there_is_not_known(
    hass: Hass, driver: HomeAssistantDoor, lock: str, sensor: str
) -> None:
    reading = await driver.read(door(hass, lock, sensor))
    assert reading.lock is Lock.UNKNOWN
    assert reading.detail


async def test_a_wrong_token_is_said(hass: Hass, driver: HomeAssistantDoor) -> None:
    north = door(hass, "north", "north_bolt", token="made-up")
    with pytest.raises(AdapterError, match="refuses the login"):
        await driver.secure(north)
    assert (await driver.read(north)).lock is Lock.UNKNOWN


async def test_a_strobe_goes_on_and_off(hass: Hass, tools: Tools) -> None:
    driver = HomeAssistantSignal(tools)
    strobe = Signal.model_validate({
        "id": "strobe", "zone": "main", "driver": "home_assistant", "address": hass.url,
        "settings": {"entity": "input_boolean.strobe", "token": hass.token},
    })  # fmt: skip
    for on in (True, False):
        await driver.set_signal(strobe, on)
        assert await driver.read_signal(strobe) is on
    await driver.close()
