"""Axis cameras: `GET /axis-cgi/jpg/image.cgi`, HTTP digest.

Path and parameters are from memory of the maker's VAPIX text and were seen with our own imitation only. Give the camera
a user of the group Viewer.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from notifier.cameras._web_camera import LookSettings, WebCamera, fetched, login_of_camera
from notifier.interfaces import CameraDriver, Still
from notifier.model.settings import SecretText
from notifier.model.site import Camera
from notifier.wire.web_device import Login, WebDevice


class AxisCameraSettings(LookSettings):
    """What a camera writes under `settings:`."""

    auth: Literal["digest", "basic"] = "digest"
    user: str = Field(default="viewer", pattern="^[^:]+$")
    password: SecretText = Field(repr=False)
    number: int = Field(default=1, ge=1, le=32)
    """Which sensor or view area of the device, counted from 1 as it does (`camera=`)."""
    resolution: str | None = Field(default="640x360", pattern=r"^[0-9]{2,5}x[0-9]{2,5}$")
    """One that the camera offers; null: its own default. Small is enough to see that it sees."""


class AxisCamera(WebCamera, CameraDriver):
    """One view of an Axis device."""

    Settings = AxisCameraSettings
    called = "Axis camera"

    def login(self, camera: Camera, settings: AxisCameraSettings) -> Login:
        return login_of_camera(camera, settings, settings.auth, settings.user, settings.password)

    async def picture(self, device: WebDevice, settings: AxisCameraSettings) -> Still:
        asked: dict[str, str | int] = {"camera": settings.number}
        if settings.resolution is not None:
            asked["resolution"] = settings.resolution
        return await fetched(device, f"/axis-cgi/jpg/image.cgi?{urlencode(asked)}")
