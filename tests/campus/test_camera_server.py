"""A campus camera on a real socket, looked through by the shipped driver."""

import pytest

from notifier.cameras.http_still import HttpStill
from notifier.campus.camera_model import CameraModel, Sight
from notifier.campus.camera_server import PATH, CameraServer
from notifier.campus.relay_device import Wire
from notifier.interfaces import Tools
from notifier.model.site import Camera
from tests.campus.hand_clock import HandClock


@pytest.mark.parametrize("password", [None, "correct-horse-7"])
async def test_it_is_looked_through_and_its_faults_are_seen(password: str | None) -> None:
    clock, model = HandClock(), CameraModel("c1", password=password)
    tools = Tools(None, clock, "", None, ("127.0.0.0/8",))
    login = {"auth": "none"} if password is None else {"auth": "digest", "user": model.user, "password": password}
    async with CameraServer(clock) as server:
        settings = {"path": PATH, "reply_limit": "1s", **login}
        camera = Camera(id="c1", zone="north", driver="http_still", address=server.add(model), settings=settings)
        driver = HttpStill(tools)
        assert (await driver.look(camera)).health.well
        model.sight = Sight.DARK
        assert "one colour" in (await driver.look(camera)).health.text
        model.sight = Sight.CLEAR
        for wire in (Wire.UNPLUGGED, Wire.HANGS, Wire.SERVER_ERROR, Wire.NONSENSE):
            model.set_wire(wire)
            assert not (await driver.look(camera)).health.well, wire
            model.set_wire(Wire.WELL)
            assert (await driver.look(camera)).health.well, wire
        await driver.close()
