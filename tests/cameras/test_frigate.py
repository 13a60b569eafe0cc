"""Cameras behind a Frigate recorder, against an imitation on a real socket."""

from typing import Any

import pytest
from aiohttp import web

from notifier.cameras.frigate import FrigateCamera
from notifier.testing.camera_bench import CameraTrouble
from notifier.testing.check_camera import CAMERA_PROMISES, Promise
from tests.cameras.camera_device import FakeCamera


class FakeFrigate(FakeCamera):
    """Without a login, as inside its own network; says when each frame was taken."""

    driver = "frigate"
    scheme = "none"
    stopped_at: float | None = None
    """Wall seconds at which its camera died: from then on it shows that frame."""

    def written(self, password: str) -> dict[str, Any]:
        return {"camera": "hall"}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.raw_path != "/api/hall/latest.jpg?h=360":
            return web.json_response({"success": False, "message": "Camera not found"}, status=404)
        self.headers = {"X-Frame-Time": str(self.stopped_at or self.clock.wall().timestamp())}
        return await self.send_picture(request)


class LockedFrigate(FakeFrigate):
    scheme = "bearer"

    def written(self, password: str) -> dict[str, Any]:
        return {"camera": "hall", "token": password}


@pytest.mark.parametrize("promise", CAMERA_PROMISES, ids=lambda promise: promise.__name__)
async def test_it_keeps_the_promise_that_it(promise: Promise) -> None:
    async with LockedFrigate() as bench:
        await promise(lambda: FrigateCamera(bench.tools()), bench)


async def test_a_recorder_that_goes_on_answering_for_a_dead_camera_is_found_out_by_its_own_word() -> None:
    async with FakeFrigate() as bench:
        driver = FrigateCamera(bench.tools())
        well = await driver.look(bench.camera)
        bench.stopped_at = bench.clock.wall().timestamp()
        bench.let_pass(90)
        old = await driver.look(bench.camera)
        await driver.close()
    assert well.health.text == "a picture of 640 x 360, 0 s old by the camera's word"
    assert not old.health.well
    assert "90 s old by its own word" in old.health.text


async def test_a_recorder_that_does_not_say_the_time_is_found_out_by_the_frozen_picture() -> None:
    async with FakeFrigate(time_header=None) as bench:
        driver = FrigateCamera(bench.tools())
        bench.inflict(CameraTrouble.FROZEN)
        assert (await driver.look(bench.camera)).health.well
        bench.let_pass(30)
        look = await driver.look(bench.camera)
        await driver.close()
    assert "frozen" in look.health.text


async def test_a_camera_that_the_recorder_does_not_know_is_no_picture() -> None:
    async with FakeFrigate(camera="attic") as bench:
        driver = FrigateCamera(bench.tools())
        look = await driver.look(bench.camera)
        await driver.close()
    assert "status 404" in look.health.text
