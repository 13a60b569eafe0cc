"""Doors and signals on ControlByWeb devices, against devices on real sockets."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web

from notifier.doors.controlbyweb import ControlByWebDoor, ControlByWebSignal
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import ReadsInput
from notifier.model.door import Leaf, Lock
from notifier.testing.check_door_driver import DOOR_PROMISES
from notifier.testing.check_door_driver import Promise as DoorPromise
from notifier.testing.check_signal_driver import SIGNAL_PROMISES
from notifier.testing.check_signal_driver import Promise as SignalPromise
from tests.doors.controlbyweb_device import FakeOldWebRelay, FakeX410
from tests.doors.driving import driving_fake
from tests.doors.web_bench import WebDoorBench, WebSignalBench
from tests.doors.web_fake import PASSWORD, FakeWeb, tools

OLD = {
    "page": "stateFull.xml",
    "relay_tag": "relay{n}state",
    "command": "relay{n}State",
    "input_tags": ["input{n}state"],
}
KINDS: dict[str, tuple[Callable[[], FakeWeb], dict[str, Any]]] = {
    "x410_json": (FakeX410, {}),
    "x410_xml": (FakeX410, {"page": "state.xml"}),
    "old_webrelay": (FakeOldWebRelay, OLD),
}


def door_and_fake() -> AbstractAsyncContextManager[tuple[WebDoorBench, FakeX410, ControlByWebDoor]]:
    return driving_fake(WebDoorBench("controlbyweb", FakeX410, {}), FakeX410, lambda: ControlByWebDoor(tools()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: DoorPromise, kind: str) -> None:
    make, settings = KINDS[kind]
    async with WebDoorBench("controlbyweb", make, settings) as ready:
        await promise(lambda: ControlByWebDoor(tools()), ready)


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_signal_keeps_the_promise_that_it(promise: SignalPromise) -> None:
    async with WebSignalBench("controlbyweb", FakeX410, {}, {"relay": 2}) as ready:
        await promise(lambda: ControlByWebSignal(tools()), ready)


async def test_a_relay_that_does_not_follow_may_be_tried_again() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.frozen = True
        with pytest.raises(TryAgain, match="answers '0'"):
            await driver.secure(ready.door)


async def test_a_relay_that_is_not_in_use_is_named() -> None:
    async with door_and_fake() as (ready, _fake, driver):
        door = ready.door.model_copy(update={"settings": {**ready.door.settings, "relay": 4}})
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(door)
        assert "relay4" in (await driver.read(door)).detail
    assert failure.value.reason is Reason.NOT_SUPPORTED


async def test_tags_without_numbers_read_the_single_webrelay() -> None:
    async with door_and_fake() as (ready, fake, driver):

        async def single(_request: web.BaseRequest) -> Any:
            text = "<datavalues><relaystate>1</relaystate><inputstate>1</inputstate></datavalues>"
            return ready.arrived, lambda: web.Response(text=text)

        fake.judge = single  # type: ignore[method-assign]  # another device stands in
        settings = {**ready.door.settings, "relay_tag": "relaystate", "input_tags": ["inputstate"]}
        reading = await driver.read(ready.door.model_copy(update={"settings": settings}))
    assert (reading.relay_on, reading.lock) == (True, Lock.SECURED)


async def test_a_tag_that_stands_twice_is_not_believed() -> None:
    async with door_and_fake() as (ready, fake, driver):

        async def twice(_request: web.BaseRequest) -> Any:
            text = "<datavalues><relay1>0</relay1><relay1>1</relay1></datavalues>"
            return ready.arrived, lambda: web.Response(text=text)

        fake.judge = twice  # type: ignore[method-assign]  # another device stands in
        reading = await driver.read(ready.door)
    assert (reading.relay_on, reading.lock) == (None, Lock.UNKNOWN)


async def test_a_propped_door_is_open_and_not_secured() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.lock.prop_open()
        await driver.secure(ready.door)
        await ready.let_it_travel()
        reading = await driver.read(ready.door)
    assert (reading.lock, reading.leaf) == (Lock.UNSECURED, Leaf.OPEN)


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with door_and_fake() as (_ready, fake, driver):
        assert isinstance(driver, ReadsInput)
        assert await driver.read_input(fake.url, {"password": PASSWORD}, 2) is True
        assert await driver.read_input(fake.url, {"password": PASSWORD}, 7) is None
