"""Any camera or recorder that hands out a JPEG at one address: path and login are settings.

For what has no driver of its own: Hikvision and its many names, Dahua, Reolink, 2N intercoms, mjpg-streamer, the still
of a Home Assistant camera. Paths that are known, each marked by where it is from: docs/how_to/add_a_camera.md.
Seen with our own imitation only, not with hardware.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from notifier.cameras._web_camera import LookSettings, WebCamera, fetched, in_a_query, login_of_camera, plain
from notifier.interfaces import CameraDriver, Still
from notifier.model.settings import SecretText
from notifier.model.site import Camera
from notifier.wire.web_device import Login, Scheme, WebDevice


class HttpStillSettings(LookSettings):
    """What a camera writes under `settings:`."""

    path: str = Field(pattern=r"^/[\x21-\x7e]*$", max_length=500)
    """Path and query of the picture. `{user}` and `{password}` in it are filled in, for devices that take their login
    in the address; then `auth` is `path`.
    """
    auth: Literal["none", "basic", "digest", "bearer", "path"] = "digest"
    """`basic` and `path` send the password so that whoever listens reads it: only over https or a wire of its own."""
    user: str = Field(default="admin", pattern="^[^:]+$")
    password: SecretText | None = Field(default=None, repr=False)
    """With `bearer`: the token."""
    time_header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    """Header of the answer that says when the picture was taken. Not `Date`: that is when it was sent."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.auth == "none") != (self.password is None):
            raise ValueError("give a password with every auth but none, and none with it")
        if (self.auth == "path") != ("{password}" in self.path):
            raise ValueError("{password} stands in the path with auth: path, and nowhere else")
        if self.time_header is not None and self.time_header.lower() == "date":
            raise ValueError("Date says when the answer was sent, not when the picture was taken")
        return self


class HttpStill(WebCamera, CameraDriver):
    """A JPEG at an address."""

    Settings = HttpStillSettings
    called = "camera"

    def login(self, camera: Camera, settings: HttpStillSettings) -> Login:
        scheme: Scheme = "none" if settings.auth == "path" else settings.auth
        return login_of_camera(camera, settings, scheme, settings.user, settings.password, settings.path)

    async def picture(self, device: WebDevice, settings: HttpStillSettings) -> Still:
        path = settings.path
        if settings.auth == "path":
            path = path.replace("{user}", in_a_query(settings.user))
            path = path.replace("{password}", in_a_query(plain(settings.password)))
        return await fetched(device, path, settings.time_header)
