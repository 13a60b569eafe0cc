"""Campus cameras without sockets: a driver over the same models, for stories on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from notifier.campus.camera_model import CameraModel
from notifier.campus.relay_device import Wire
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import CameraDriver, Still, Tools
from notifier.model.picture import read_jpeg
from notifier.model.site import Camera

REPLY_LIMIT = 6.0
"""Seconds, as the real drivers' own."""


class InProcessCameraSettings(BaseModel):
    """Nothing of a real driver's settings is used, so that a simulation takes the site file as it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class InProcessCameras(CameraDriver):
    Settings = InProcessCameraSettings

    def __init__(self, tools: Tools, cameras: Mapping[str, CameraModel]) -> None:
        super().__init__(tools)
        self._cameras = cameras

    async def still(self, camera: Camera) -> Still:
        model = self._cameras.get(camera.id)
        if model is None or model.wire is Wire.UNPLUGGED:
            raise TryAgain(f"The camera at {camera.address} cannot be reached: check its power and network.")
        if model.wire is Wire.HANGS:
            await self.tools.clock.sleep(REPLY_LIMIT)
            raise TryAgain(f"The camera at {camera.address} did not answer within {REPLY_LIMIT:g} s.")
        if model.wire is Wire.NONSENSE:
            raise WillNotWork(f"The camera at {camera.address} sent a web page, mostly a login.", Reason.NOT_SUPPORTED)
        if model.wire is not Wire.WELL:
            raise TryAgain(f"The camera at {camera.address} could not give a picture now.")
        jpeg = model.picture(self.tools.clock.wall())
        return Still(jpeg, read_jpeg(jpeg))
