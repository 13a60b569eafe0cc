"""Cameras that hand out a JPEG at one address, against a device on a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from notifier.cameras.http_still import HttpStill, HttpStillSettings
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.model.site import Camera
from notifier.testing.camera_bench import CameraTrouble
from notifier.testing.check_camera import (
    CAMERA_PROMISES,
    Promise,
    asks_and_does_nothing,
    brings_a_whole_picture_of_now,
    leaks_no_secret,
    says_that_a_login_is_refused,
)
from tests.cameras.camera_device import METADATA, PASSWORD, FakeCamera

OF_EVERY_LOGIN = (brings_a_whole_picture_of_now, says_that_a_login_is_refused, asks_and_does_nothing)


class BasicCamera(FakeCamera):
    scheme = "basic"


class BearerCamera(FakeCamera):
    scheme = "bearer"


class OpenCamera(FakeCamera):
    scheme = "none"

    def written(self, password: str) -> dict[str, Any]:
        return {"path": self.path, "auth": "none"}


class PathCamera(FakeCamera):
    """Takes its login in the address, as some do."""

    user = "ad&min"

    def accepts(self, request: web.BaseRequest) -> bool:
        return dict(request.query) == {"cmd": "Snap", "user": self.user, "password": PASSWORD}

    def unauthorized(self) -> web.Response:
        return web.Response(status=401, text="401")

    def written(self, password: str) -> dict[str, Any]:
        path = "/cgi-bin/api.cgi?cmd=Snap&user={user}&password={password}"
        return {"path": path, "auth": "path", "user": self.user, "password": password}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        return await self.send_picture(request)


@asynccontextmanager
async def looking(fake: FakeCamera) -> AsyncIterator[tuple[FakeCamera, HttpStill, Camera]]:
    async with fake:
        driver = HttpStill(fake.tools())
        await driver.open()
        try:
            yield fake, driver, fake.camera
        finally:
            await driver.close()


@pytest.mark.parametrize("promise", CAMERA_PROMISES, ids=lambda promise: promise.__name__)
async def test_it_keeps_the_promise_that_it(promise: Promise) -> None:
    async with FakeCamera() as bench:
        await promise(lambda: HttpStill(bench.tools()), bench)


@pytest.mark.parametrize("kind", [BasicCamera, BearerCamera, OpenCamera, PathCamera])
@pytest.mark.parametrize("promise", OF_EVERY_LOGIN, ids=lambda promise: promise.__name__)
async def test_with_every_way_to_log_in_it(promise: Promise, kind: type[FakeCamera]) -> None:
    async with kind() as bench:
        await promise(lambda: HttpStill(bench.tools()), bench)


async def test_a_password_in_the_address_is_said_nowhere() -> None:
    async with PathCamera() as bench:
        await leaks_no_secret(lambda: HttpStill(bench.tools()), bench)


async def test_only_the_first_picture_pays_for_the_password() -> None:
    async with looking(FakeCamera()) as (fake, driver, camera):
        for _ in range(3):
            await driver.still(camera)
    assert fake.refused == 1


async def test_a_nonce_that_the_camera_has_forgotten_costs_one_question_more() -> None:
    async with looking(FakeCamera()) as (fake, driver, camera):
        await driver.still(camera)
        fake.guard.forget_nonces()
        assert (await driver.look(camera)).health.well
    assert fake.refused == 2


async def test_a_redirect_is_named_and_nobody_follows_it() -> None:
    async with looking(FakeCamera()) as (fake, driver, camera):
        fake.inflict(CameraTrouble.ELSEWHERE)
        with pytest.raises(WillNotWork, match="sends us elsewhere") as failure:
            await driver.still(camera)
    assert failure.value.reason is Reason.BAD_ADDRESS
    assert METADATA not in str(failure.value)


async def test_an_address_that_leads_back_to_this_machine_is_not_asked() -> None:
    async with looking(FakeCamera()) as (_fake, driver, camera):
        for address in ("http://169.254.169.254", "http://localhost:1", "http://[::1]"):
            with pytest.raises(WillNotWork, match="cannot be used"):
                await HttpStill(driver.tools.__class__(None, driver.tools.clock, "")).still(
                    camera.model_copy(update={"address": address})
                )


async def test_a_login_page_is_called_one() -> None:
    async with looking(FakeCamera()) as (fake, driver, camera):
        fake.inflict(CameraTrouble.LOGIN_PAGE)
        look = await driver.look(camera)
    assert "a web page, mostly a login" in look.health.text


async def test_half_a_picture_is_no_picture_even_if_the_camera_calls_it_whole() -> None:
    async with looking(FakeCamera()) as (fake, driver, camera):
        fake.inflict(CameraTrouble.CUT_SHORT)
        with pytest.raises(TryAgain, match="ends too early"):
            await driver.still(camera)


async def test_without_a_word_of_the_camera_no_age_is_guessed() -> None:
    async with looking(FakeCamera()) as (fake, driver, camera):
        fake.headers = {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        look = await driver.look(camera)
    assert look.still is not None
    assert look.still.taken_at is None
    assert "does not say when it was taken" in look.health.text


@pytest.mark.parametrize("write", ["unix", "iso", "http"])
async def test_a_picture_that_is_old_by_the_cameras_own_word_is_not_well(write: str) -> None:
    async with looking(FakeCamera(time_header="X-Timestamp", oldest="60s")) as (fake, driver, camera):
        for old, well in ((2, True), (300, False), (-3600, True)):
            at = fake.clock.wall().replace(microsecond=0) - timedelta(seconds=old)
            written = {
                "unix": f"{at.timestamp():.6f}",
                "iso": at.isoformat(),
                "http": at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            }
            fake.headers = {"x-timestamp": written[write]}
            look = await driver.look(camera)
            assert look.still is not None
            assert look.still.taken_at == at
            assert look.health.well is well, look.health.text
        assert "clock is ahead of ours" in look.health.text


async def test_a_time_that_cannot_be_read_is_no_time() -> None:
    async with looking(FakeCamera(time_header="X-Timestamp")) as (fake, driver, camera):
        for nonsense in ("yesterday", "nan", "1e99", ""):
            fake.headers = {"X-Timestamp": nonsense}
            still = await driver.still(camera)
            assert still.taken_at is None
        fake.headers = {"X-Timestamp": str(datetime(2026, 11, 23, tzinfo=UTC).timestamp())}
        assert (await driver.still(camera)).taken_at == datetime(2026, 11, 23, tzinfo=UTC)


async def test_a_source_that_renews_its_picture_seldom_may_say_so() -> None:
    async with looking(FakeCamera(frozen_after="5m")) as (fake, driver, camera):
        fake.inflict(CameraTrouble.FROZEN)
        for _ in range(4):
            assert (await driver.look(camera)).health.well
            fake.let_pass(60)
        fake.let_pass(60)
        look = await driver.look(camera)
    assert not look.health.well
    assert look.sure


async def test_a_camera_that_sees_nothing_at_night_may_say_so() -> None:
    async with looking(FakeCamera(may_be_blank=True)) as (fake, driver, camera):
        fake.inflict(CameraTrouble.BLANK)
        assert (await driver.look(camera)).health.well


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"path": "snap.jpg", "auth": "none"}, "path"),
        ({"path": "/s.jpg", "auth": "digest"}, "password"),
        ({"path": "/s.jpg", "auth": "none", "password": "x"}, "password"),
        ({"path": "/s.jpg", "auth": "path", "password": "x"}, "stands in the path"),
        ({"path": "/s.jpg?p={password}", "auth": "basic", "password": "x"}, "stands in the path"),
        ({"path": "/s.jpg", "auth": "none", "time_header": "Date"}, "when the answer was sent"),
        ({"path": "/s.jpg", "auth": "none", "frozen_after": "1s"}, "frozen_after"),
    ],
)
def test_settings_that_do_not_hold_together_are_refused(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        HttpStillSettings.model_validate(written)


async def test_settings_that_are_wrong_are_said_without_what_was_written() -> None:
    async with looking(FakeCamera()) as (_fake, driver, camera):
        settings = {**camera.settings, "password": "s3cret-word", "auth": "none"}
        look = await driver.look(camera.model_copy(update={"settings": settings}))
    assert not look.health.well
    assert "settings of this device are wrong" in look.health.text
    assert "s3cret-word" not in look.health.text
