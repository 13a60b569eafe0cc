"""ONVIF cameras (Profile S or T): GetProfiles, GetSnapshotUri, then the picture that stands there.

Of the address that the camera names for its picture only path and query are believed, and its port where it names the
host that we speak to already: a camera cannot send us, or its password, elsewhere.
Seen with our own imitation only, written from the standard; not with hardware.
Sources: ONVIF Media Service Specification (GetProfiles, GetSnapshotUri: no longer valid after a restart of the camera
if it says so); ONVIF Core for the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field

from notifier.cameras._web_camera import LookSettings, WebCamera, fetched, login_of_camera, plain
from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.interfaces import CameraDriver, Still, Tools
from notifier.model.picture import LONGEST_PICTURE
from notifier.model.settings import SecretText
from notifier.model.site import Camera
from notifier.wire.device_http import LONGEST_REPLY
from notifier.wire.onvif_device import OnvifDevice
from notifier.wire.onvif_soap import fields_of
from notifier.wire.web_device import Login, WebDevice

MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MOVED = (Reason.NOT_SUPPORTED, Reason.BAD_ADDRESS)
"""What an address that is no longer the picture's may answer."""


class OnvifCameraSettings(LookSettings):
    """What a camera writes under `settings:`."""

    user: str = Field(default="admin", pattern="^[^:]+$")
    password: SecretText = Field(repr=False)
    login: Literal["token", "digest"] = "token"
    """How its services are asked. `token`: WS-UsernameToken with a password digest; `digest`: HTTP digest."""
    picture_login: Literal["digest", "basic", "none"] = "digest"
    """How the picture itself is asked for."""
    profile: str | None = Field(default=None, min_length=1, max_length=128)
    """Token of the media profile; None: the first that the camera names."""
    service: str | None = Field(default=None, pattern="^/")
    """Path of the Media service; None: the camera is asked."""


class OnvifCamera(WebCamera, CameraDriver):
    """One profile of an ONVIF camera."""

    Settings = OnvifCameraSettings
    called = "ONVIF camera"

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._services: dict[Login, OnvifDevice] = {}
        self._pictures: dict[Login, tuple[Login, str]] = {}
        """Where the picture is: how it is asked for, and its path."""

    async def close(self) -> None:
        self._services.clear()
        self._pictures.clear()
        await super().close()

    def login(self, camera: Camera, settings: OnvifCameraSettings) -> Login:
        """For the services. With a token the password goes into the envelope; it keeps accounts apart all the same."""
        scheme: Literal["digest", "none"] = "digest" if settings.login == "digest" else "none"
        login = login_of_camera(camera, settings, scheme, settings.user, settings.password, settings.profile or "")
        return replace(login, longest=LONGEST_REPLY)

    async def picture(self, device: WebDevice, settings: OnvifCameraSettings) -> Still:
        login = device.login
        known = self._pictures.get(login)
        if known is not None:
            try:
                return await self._fetched(known)
            except WillNotWork as fault:
                if fault.reason not in MOVED:
                    raise
        self._pictures[login] = await self._found(device, settings)
        return await self._fetched(self._pictures[login])

    async def _fetched(self, where: tuple[Login, str]) -> Still:
        login, path = where
        return await fetched(self._network.device(login), path)

    async def _found(self, device: WebDevice, settings: OnvifCameraSettings) -> tuple[Login, str]:
        """Asks the camera where its picture is; raises AdapterError."""
        login = device.login
        onvif = self._services.get(login)
        if onvif is None:
            by_token, password = settings.login == "token", plain(settings.password)
            onvif = OnvifDevice(device, self.tools.clock, settings.user, password, by_token=by_token, refused=_refused)
            self._services[login] = onvif
        service = settings.service or await onvif.service(MEDIA)
        if service is None:
            raise WillNotWork(f"{device.name} offers no Media service.", Reason.NOT_SUPPORTED)
        profile = settings.profile or await _first_profile(onvif, service)
        body = await onvif.call(service, MEDIA, "GetSnapshotUri", {"ProfileToken": profile})
        told = fields_of(body).get("MediaUri")
        uri = told.get("Uri") if isinstance(told, dict) else None
        named = _web_address(uri) if isinstance(uri, str) else None
        if named is None:
            raise WillNotWork(f"{device.name} names no address for its picture.", Reason.NOT_SUPPORTED)
        path = f"{named.path or '/'}{'?' if named.query else ''}{named.query}"
        scheme = settings.picture_login
        secret = None if scheme == "none" else login.password
        address = _address(login.address, named)
        return replace(login, address=address, scheme=scheme, password=secret, longest=LONGEST_PICTURE), path


async def _first_profile(onvif: OnvifDevice, service: str) -> str:
    body = await onvif.call(service, MEDIA, "GetProfiles")
    token = next((each.get("token") for each in body.iter(f"{{{MEDIA}}}Profiles") if each.get("token")), None)
    if token is None:
        raise WillNotWork(f"{onvif.device.name} has no media profile: make one in the camera.", Reason.NOT_SUPPORTED)
    return str(token)


def _web_address(uri: str) -> SplitResult | None:
    try:
        found = urlsplit(uri.strip())
        fits = found.scheme in ("http", "https") and bool(found.hostname) and (found.port is None or found.port > 0)
    except ValueError:
        return None
    return found if fits and uri.strip().isascii() and not any(sign.isspace() for sign in uri.strip()) else None


def _address(ours: str, named: SplitResult) -> str:
    """Where to ask: our own address, or the named port of the same host, and never in the clear instead of https."""
    known = urlsplit(ours)
    if named.hostname != known.hostname or (known.scheme == "https" and named.scheme != "https"):
        return ours
    host = f"[{known.hostname}]" if ":" in (known.hostname or "") else known.hostname
    return f"{named.scheme}://{host}" + (f":{named.port}" if named.port else "")


def _refused(name: str, operation: str, words: str) -> AdapterError:
    if "NotAuthorized" in words or "FailedAuthentication" in words:
        return WillNotWork(f"{name} refuses the user or password (settings: user, password).", Reason.CREDENTIALS)
    if "NoProfile" in words:
        return WillNotWork(f"{name} has no media profile with this token (settings: profile).", Reason.NOT_SUPPORTED)
    return WillNotWork(f"{name} refused {operation}: {words}.", Reason.REFUSED)
