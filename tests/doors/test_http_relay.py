"""Doors and signals on anything that is told by HTTP, against an invented board on a real socket."""

import traceback
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from pydantic import ValidationError

from notifier.doors._http_recipe import HttpRelaySettings, HttpRelaySignalSettings, Sense, found_in
from notifier.doors.http_relay import HttpRelayDoor, HttpRelaySignal
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import ReadsInput
from notifier.model.door import Leaf, Lock
from notifier.testing.check_door_driver import DOOR_PROMISES, follows_the_wiring_of_the_site_file
from notifier.testing.check_door_driver import Promise as DoorPromise
from notifier.testing.check_signal_driver import SIGNAL_PROMISES
from notifier.testing.check_signal_driver import Promise as SignalPromise
from tests.doors.driving import driving_fake
from tests.doors.http_relay_device import FakeBoard, ModeBoardBench
from tests.doors.web_bench import WebDoorBench, WebSignalBench
from tests.doors.web_fake import LIMITS, PASSWORD, tools


def switching(relay: int) -> dict[str, Any]:
    told = {"method": "POST", "url": "/api/out/{relay}", "headers": {"Content-Type": "application/json"}}
    return {
        "relay": relay,
        "turn_on": {**told, "body": '{"on": true}'},
        "turn_off": {**told, "body": '{"on": false}'},
        "taken_says": '"OK"',
        "state": {"url": "/api/out/{relay}", "json_path": "outs.0.on"},
    }


INPUTS = {n: {"url": "/in.txt", "pattern": f"IN{n}=(\\d)"} for n in (0, 1)}
BOARD = {**switching(1), "inputs": INPUTS}
BY_MODE = {
    "secure": {"url": "/lockdown"},
    "restore": {"url": "/unlock"},
    "release": {"url": "/normal"},
    "lockdown": {"url": "/mode", "json_path": "mode", "reads_on": "lockdown", "reads_off": "day"},
    "inputs": INPUTS,
}
LOGINS = {"basic": "SHA-256", "digest": "SHA-256", "digest_md5": "MD5", "bearer": "SHA-256", "header": "SHA-256"}


def bench(login: str = "basic", **more: Any) -> WebDoorBench:
    scheme = login.removesuffix("_md5")
    settings = {**BOARD, "auth": scheme, "key_header": "X-Key", **more}
    return WebDoorBench("http_relay", lambda: FakeBoard(scheme, LOGINS.get(login, "SHA-256")), settings)  # type: ignore[arg-type]  # one of the two


def door_and_fake(
    login: str = "basic", **more: Any
) -> AbstractAsyncContextManager[tuple[WebDoorBench, FakeBoard, HttpRelayDoor]]:
    return driving_fake(bench(login, **more), FakeBoard, lambda: HttpRelayDoor(tools()))


@pytest.mark.parametrize("login", ["basic", "digest"])
@pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_door_keeps_the_promise_that_it(promise: DoorPromise, login: str) -> None:
    async with bench(login) as ready:
        await promise(lambda: HttpRelayDoor(tools()), ready)


@pytest.mark.parametrize(
    "promise",
    [promise for promise in DOOR_PROMISES if promise is not follows_the_wiring_of_the_site_file],
    ids=lambda promise: promise.__name__,
)
async def test_a_door_that_is_locked_by_a_mode_keeps_the_promise_that_it(promise: DoorPromise) -> None:
    state = {"url": "/api/out/1", "json_path": "outs.0.on"}
    settings = {**BY_MODE, "auth": "basic", "state": state, "taken_says": '"OK"'}
    async with ModeBoardBench("http_relay", lambda: FakeBoard("basic"), settings) as ready:
        await promise(lambda: HttpRelayDoor(tools()), ready)


@pytest.mark.parametrize("left_out", ["lockdown", "release", "secure"])
def test_what_leaves_a_mode_is_read_back_or_not_written(left_out: str) -> None:
    written = {name: said for name, said in BY_MODE.items() if name != left_out}
    with pytest.raises(ValidationError):
        HttpRelaySettings.model_validate(written)


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_signal_keeps_the_promise_that_it(promise: SignalPromise) -> None:
    beacon = {**switching(2), "auth": "bearer"}
    async with WebSignalBench("http_relay", lambda: FakeBoard("bearer"), {}, beacon) as ready:
        await promise(lambda: HttpRelaySignal(tools()), ready)


@pytest.mark.parametrize("login", LOGINS)
async def test_each_login_opens_the_board_and_a_wrong_one_is_said(login: str) -> None:
    async with door_and_fake(login) as (ready, _fake, driver):
        await driver.secure(ready.door)
        await ready.let_it_travel()
        assert (await driver.read(ready.door)).lock is Lock.SECURED
        stranger = ready.stranger()
        assert stranger is not None
        with pytest.raises(WillNotWork) as failure:
            await driver.secure(stranger)
    assert failure.value.reason is Reason.CREDENTIALS


async def test_a_password_in_the_url_is_put_in_and_never_shown() -> None:
    told = {
        "secure": {"url": "/lock?pw={password}"},
        "restore": {"url": "/unlock?pw={password}"},
        "inputs": {0: {"url": "/in.txt?pw={password}", "pattern": "IN0=(.)"}},
    }
    settings = {**LIMITS, **told, "password": PASSWORD}
    async with WebDoorBench("http_relay", lambda: FakeBoard("query"), {}) as ready:
        driver = HttpRelayDoor(tools())
        door = ready.door.model_copy(update={"settings": settings})
        await driver.secure(door)
        await ready.let_it_travel()
        reading = await driver.read(door)
        ready.fake.unplug()
        with pytest.raises(TryAgain) as failure:
            await driver.secure(door)
        health = await driver.check(door)
        await driver.close()
    assert reading.lock is Lock.SECURED
    assert PASSWORD not in "".join(traceback.format_exception(failure.value)) + health.text + reading.detail


async def test_separate_commands_for_locking_take_no_heed_of_polarity() -> None:
    own = {
        "turn_on": None,
        "turn_off": None,
        "taken_says": None,
        "secure": {"url": "/lock"},
        "restore": {"url": "/unlock"},
    }
    async with door_and_fake(**own) as (ready, _fake, driver):
        door = ready.door.model_copy(update={"secured_when": "relay_off"})
        await driver.secure(door)
        await ready.let_it_travel()
        assert ready.holds()
        await driver.restore(door)
        await ready.let_it_travel()
        assert not ready.holds()


async def test_a_status_that_is_not_called_taken_is_unknown_and_not_done() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.dry_status = 202
        await driver.secure(ready.door)
        strict = ready.door.model_copy(update={"settings": {**ready.door.settings, "taken": [200]}})
        with pytest.raises(OutcomeUnknown, match="202"):
            await driver.secure(strict)


async def test_a_200_without_the_words_that_say_taken_is_not_believed() -> None:
    async with door_and_fake() as (ready, fake, driver):
        fake.ok = False
        with pytest.raises(OutcomeUnknown, match="taken_says"):
            await driver.secure(ready.door)


async def test_without_a_state_to_read_the_contacts_still_prove_the_lock() -> None:
    async with door_and_fake(state=None) as (ready, _fake, driver):
        await driver.secure(ready.door)
        await ready.let_it_travel()
        reading = await driver.read(ready.door)
        health = await driver.check(ready.door)
    assert (reading.lock, reading.leaf, reading.relay_on) == (Lock.SECURED, Leaf.CLOSED, None)
    assert "no `state`" in reading.detail
    assert not health.well


async def test_a_board_that_cannot_be_asked_leaves_the_door_unknown() -> None:
    async with door_and_fake(state=None, inputs={}) as (ready, fake, driver):
        reading = await driver.read(ready.door)
    assert reading.lock is Lock.UNKNOWN
    assert "cannot be asked" in reading.detail
    assert fake.requests == []


async def test_contacts_of_one_place_are_asked_once() -> None:
    async with door_and_fake() as (ready, fake, driver):
        await driver.read(ready.door)
    assert [path for _, path in fake.requests] == ["/api/out/1", "/in.txt"]


async def test_the_contact_of_a_fire_panel_can_be_read_by_itself() -> None:
    async with door_and_fake() as (_ready, fake, driver):
        assert isinstance(driver, ReadsInput)
        only = {"inputs": {1: INPUTS[1]}, "auth": "basic", "password": PASSWORD}
        assert await driver.read_input(fake.url, only, 1) is True
        assert await driver.read_input(fake.url, only, 0) is None


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ({}, " 1\n", " 1\n"),
        ({"json_path": "a.0.b"}, '{"a": [{"b": true}]}', True),
        ({"json_path": "a.7.b"}, '{"a": [{"b": true}]}', None),
        ({"json_path": "a"}, "<html>", None),
        ({"pattern": r"OUT1=(\w+)"}, "OUT0=ON OUT1=OFF", "OFF"),
        ({"pattern": "OFF|ON"}, "relay is OFF", "OFF"),
        ({"pattern": "x"}, "y", None),
    ],
)
def test_an_answer_is_read_where_the_settings_say(written: dict[str, Any], text: str, found: object) -> None:
    assert found_in(Sense.model_validate({"url": "/", **written}), text) == found


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"turn_on": {"url": "/on"}}, "what locks must also open"),
        ({"secure": {"url": "/on"}}, "what locks must also open"),
        ({}, "nothing to command"),
        ({"inputs": {0: {"url": "http://elsewhere/"}}}, "pattern"),
        ({"inputs": {0: {"url": "/", "pattern": "("}}}, "no regular expression"),
        ({"inputs": {0: {"url": "/", "pattern": "(a)(b)"}}}, "at most one group"),
        ({"inputs": {0: {"url": "/", "reads_on": 1, "reads_off": ["1"]}}}, "cannot mean on and off"),
        ({"inputs": {0: {"url": "/", "pattern": "a", "json_path": "b"}}}, "exclude each other"),
        ({"inputs": {0: {"url": "/"}}, "auth": "bearer"}, "needs a password"),
    ],
)
def test_settings_that_cannot_work_are_refused_when_they_are_written(written: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        HttpRelaySettings.model_validate(written)


def test_a_signal_without_commands_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValidationError, match="a signal needs turn_on"):
        HttpRelaySignalSettings.model_validate({"inputs": {0: {"url": "/"}}})


def test_values_mean_what_they_say_whatever_type_yaml_gives_them() -> None:
    sense = Sense.model_validate({"url": "/", "reads_on": True, "reads_off": [0, "Open"]})
    assert (sense.reads_on, sense.reads_off) == (("true",), ("0", "open"))
