"""Cameras behind a Frigate recorder: `GET /api/{camera}/latest.jpg`.

The recorder answers for its cameras, also when one of them is dead: it then goes on showing the last frame, which is
noticed as a frozen picture, or a picture that says so, which only a person can read. Path from the project's own API
description; the header with the frame's time, port 5000 without a login and the login cookie on port 8971 are from
memory. Seen with our own imitation only.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import Field

from notifier.cameras._web_camera import LookSettings, WebCamera, fetched, login_of_camera
from notifier.interfaces import CameraDriver, Still
from notifier.model.settings import SecretText
from notifier.model.site import Camera
from notifier.wire.web_device import Login, Scheme, WebDevice


class FrigateSettings(LookSettings):
    """What a camera writes under `settings:`."""

    camera: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Its name in the recorder's configuration."""
    height: int | None = Field(default=360, ge=64, le=2160)
    """Pixels; null: as the recorder has it."""
    token: SecretText | None = Field(default=None, repr=False)
    """Sent as a bearer token, for a recorder behind a proxy or with a login."""
    time_header: str | None = Field(default="X-Frame-Time", pattern=r"^[A-Za-z0-9-]{1,64}$")
    """Header that says when the frame was taken; where it does not come, no age is said."""


class FrigateCamera(WebCamera, CameraDriver):
    """One camera of a recorder."""

    Settings = FrigateSettings
    called = "Frigate recorder"

    def login(self, camera: Camera, settings: FrigateSettings) -> Login:
        scheme: Scheme = "none" if settings.token is None else "bearer"
        return login_of_camera(camera, settings, scheme, "", settings.token, settings.camera)

    async def picture(self, device: WebDevice, settings: FrigateSettings) -> Still:
        size = "" if settings.height is None else f"?{urlencode({'h': settings.height})}"
        return await fetched(device, f"/api/{settings.camera}/latest.jpg{size}", settings.time_header)
