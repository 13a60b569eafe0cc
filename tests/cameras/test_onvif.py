"""ONVIF cameras, against an imitation on a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notifier.cameras.onvif import OnvifCamera
from notifier.errors import Reason, WillNotWork
from notifier.model.site import Camera
from notifier.testing.check_camera import (
    CAMERA_PROMISES,
    Promise,
    asks_and_does_nothing,
    brings_a_whole_picture_of_now,
    says_that_a_login_is_refused,
)
from tests.cameras.onvif_camera import BOMB, DigestOnvifCamera, FakeOnvifCamera


@asynccontextmanager
async def looking(fake: FakeOnvifCamera) -> AsyncIterator[tuple[OnvifCamera, Camera]]:
    async with fake:
        driver = OnvifCamera(fake.tools())
        try:
            yield driver, fake.camera
        finally:
            await driver.close()


@pytest.mark.parametrize("promise", CAMERA_PROMISES, ids=lambda promise: promise.__name__)
async def test_it_keeps_the_promise_that_it(promise: Promise) -> None:
    async with FakeOnvifCamera() as bench:
        await promise(lambda: OnvifCamera(bench.tools()), bench)


@pytest.mark.parametrize(
    "promise",
    [brings_a_whole_picture_of_now, says_that_a_login_is_refused, asks_and_does_nothing],
    ids=lambda promise: promise.__name__,
)
async def test_by_http_digest_it(promise: Promise) -> None:
    async with DigestOnvifCamera() as bench:
        await promise(lambda: OnvifCamera(bench.tools()), bench)


async def test_a_camera_is_asked_once_where_its_picture_is() -> None:
    fake = FakeOnvifCamera()
    async with looking(fake) as (driver, camera):
        for _ in range(3):
            await driver.still(camera)
    assert fake.operations == ["GetSystemDateAndTime", "GetServices", "GetProfiles", "GetSnapshotUri"]


async def test_a_picture_that_has_moved_since_a_restart_is_asked_for_anew() -> None:
    fake = FakeOnvifCamera()
    async with looking(fake) as (driver, camera):
        await driver.still(camera)
        fake.where = "/snapshot/4711.jpg"
        assert (await driver.look(camera)).health.well


async def test_a_clock_that_was_set_meanwhile_costs_one_question_more() -> None:
    fake = FakeOnvifCamera()
    async with looking(fake) as (driver, camera):
        await driver.still(camera)
        fake.ahead, fake.where = -fake.ahead, "/snapshot/2.jpg"
        assert (await driver.look(camera)).health.well


@pytest.mark.parametrize("host", ["192.168.1.64", "169.254.169.254", "10.0.0.1:8080", "evil.example"])
async def test_another_host_that_it_names_is_never_asked(host: str) -> None:
    """Behind a router it names its inside address; in wrong hands it names somebody else's."""
    fake = FakeOnvifCamera()
    fake.host = host
    async with looking(fake) as (driver, camera):
        assert (await driver.look(camera)).health.well


@pytest.mark.parametrize("says", ["nothing", "<html>", "", BOMB, "<a/>", "<" * 300_000])
async def test_whatever_it_answers_instead_of_soap_is_no_picture(says: str) -> None:
    fake = FakeOnvifCamera()
    fake.says = says
    async with looking(fake) as (driver, camera):
        look = await driver.look(camera)
    assert not look.health.well
    assert len(look.health.text) < 300


@pytest.mark.parametrize("uri", ["rtsp://10.0.0.1/s", "file:///etc/passwd", "http://", "http://[", "no address"])
async def test_an_address_that_is_none_is_no_picture(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeOnvifCamera()
    async with looking(fake) as (driver, camera):
        monkeypatch.setattr("notifier.cameras.onvif.fields_of", lambda _body: {"MediaUri": {"Uri": uri}})
        with pytest.raises(WillNotWork, match="names no address for its picture"):
            await driver.still(camera)


async def test_what_it_does_not_have_is_named() -> None:
    fake = FakeOnvifCamera(profile="Profile_9")
    async with looking(fake) as (driver, camera):
        with pytest.raises(WillNotWork, match="no media profile with this token") as failure:
            await driver.still(camera)
    assert failure.value.reason is Reason.NOT_SUPPORTED
    fake = FakeOnvifCamera()
    fake.profiles = []
    async with looking(fake) as (driver, camera):
        with pytest.raises(WillNotWork, match="make one in the camera"):
            await driver.still(camera)
    fake = FakeOnvifCamera()
    fake.offers_media = False
    async with looking(fake) as (driver, camera):
        with pytest.raises(WillNotWork, match="offers no Media service"):
            await driver.still(camera)
