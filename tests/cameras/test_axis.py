"""Axis cameras, against an imitation on a real socket."""

import pytest
from aiohttp import web

from notifier.cameras.axis import AxisCamera
from notifier.testing.check_camera import CAMERA_PROMISES, Promise
from tests.cameras.camera_device import PASSWORD, FakeCamera


class FakeAxis(FakeCamera):
    """Answers for view 1 in the sizes that it offers, and says in words what it does not have."""

    driver = "axis"
    user = "viewer"

    def written(self, password: str) -> dict[str, str]:
        return {"user": self.user, "password": password}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/axis-cgi/jpg/image.cgi":
            return web.Response(status=404, text="Not Found")
        if request.query.get("camera", "1") != "1" or request.query.get("resolution") not in (None, "640x360"):
            return web.Response(status=400, text="Invalid parameter")
        return await self.send_picture(request)


@pytest.mark.parametrize("promise", CAMERA_PROMISES, ids=lambda promise: promise.__name__)
async def test_it_keeps_the_promise_that_it(promise: Promise) -> None:
    async with FakeAxis() as bench:
        await promise(lambda: AxisCamera(bench.tools()), bench)


async def test_a_view_that_the_device_does_not_have_is_no_picture() -> None:
    async with FakeAxis(number=2) as bench:
        driver = AxisCamera(bench.tools())
        look = await driver.look(bench.camera)
        await driver.close()
    assert not look.health.well
    assert "status 400" in look.health.text
    assert PASSWORD not in look.health.text


async def test_without_a_resolution_the_camera_chooses() -> None:
    async with FakeAxis(resolution=None) as bench:
        driver = AxisCamera(bench.tools())
        assert (await driver.look(bench.camera)).health.well
        await driver.close()
    assert bench.asked == [("GET", "/axis-cgi/jpg/image.cgi?camera=1")]
