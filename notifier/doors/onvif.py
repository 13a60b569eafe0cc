"""Doors on controllers with the ONVIF Door Control service (Profile A, C, D): SOAP, username token or HTTP digest.

Seen with our own imitation only, written from the standard; not with hardware.
The service's address is asked of the device; only its path is believed, so a device cannot send us elsewhere.
A username token carries the time, and devices refuse one that is seconds off: the device's own clock is read first.
Sources: ONVIF Door Control Service Specification and doorcontrol.wsdl; ONVIF Core (GetServices,
GetSystemDateAndTime); OASIS WSS UsernameToken Profile 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from notifier.clock import Clock
from notifier.doors._controllers import Controllers, plain
from notifier.doors._door_control import DoorControl, DoorControlSettings, refused
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import DoorDriver, Tools
from notifier.model.site import Door
from notifier.wire.device_settings import login_of, read_settings
from notifier.wire.onvif_soap import (
    CONTENT_TYPE,
    DEVICE,
    DOORS,
    Token,
    body_of,
    device_time,
    envelope,
    fault_words,
    fields_of,
)
from notifier.wire.web_device import Scheme, WebDevice

DEVICE_SERVICE = "/onvif/device_service"
"""Where the Device service is (ONVIF Core, section on the device service entry point)."""
SAME_CLOCK = timedelta(seconds=1)
"""A clock read again that moved less than this explains no refusal: it is the password."""
RESULTS = {"GetDoorState": "DoorState", "GetDoorInfo": "DoorInfo"}


class OnvifSettings(DoorControlSettings):
    """What a door writes under `settings:`."""

    user: str = Field(default="admin", pattern="^[^:]+$")
    login: Literal["token", "digest"] = "token"
    """`token`: WS-UsernameToken with a password digest; `digest`: HTTP digest."""
    service: str | None = Field(default=None, pattern="^/")
    """Path of the Door Control service; None: the device is asked."""


class OnvifController:
    """One controller: where its door service is, how far its clock is off, its line."""

    def __init__(self, device: WebDevice, settings: OnvifSettings, clock: Clock) -> None:
        self.device, self._clock = device, clock
        self._user, self._password = settings.user, plain(settings.password)
        self._by_token, self._service = settings.login == "token", settings.service
        self._ahead: timedelta | None = None

    async def call(self, operation: str, token: str) -> Mapping[str, Any]:
        if self._service is None:
            self._service = await self._find_service()
        fields = await self._signed(self._service, DOORS, operation, {"Token": token})
        wanted = RESULTS.get(operation)
        found = fields if wanted is None else fields.get(wanted)
        if not isinstance(found, dict):
            raise self.device.stranger()
        return found

    async def _find_service(self) -> str:
        body = await self._exchange(DEVICE_SERVICE, DEVICE, "GetServices", {"IncludeCapability": "false"}, signed=True)
        for service in body.iter(f"{{{DEVICE}}}Service"):
            told = fields_of(service)
            if told.get("Namespace") == DOORS and isinstance(told.get("XAddr"), str):
                return urlsplit(told["XAddr"]).path or "/"
        raise WillNotWork(f"{self.device.name} offers no Door Control service.", Reason.NOT_SUPPORTED)

    async def _signed(
        self, path: str, namespace: str, operation: str, arguments: Mapping[str, str]
    ) -> Mapping[str, Any]:
        return fields_of(await self._exchange(path, namespace, operation, arguments, signed=True))

    async def _exchange(
        self, path: str, namespace: str, operation: str, arguments: Mapping[str, str], *, signed: bool
    ) -> Any:
        """The answer's element; a login that was refused is tried once more if the device's clock has moved."""
        signed = signed and self._by_token
        if signed and self._ahead is None:
            self._ahead = await self._read_clock()
        try:
            return await self._once(path, namespace, operation, arguments, signed)
        except WillNotWork as refusal:
            if not signed or refusal.reason is not Reason.CREDENTIALS:
                raise
            before, self._ahead = self._ahead, await self._read_clock()
            if before is not None and abs(self._ahead - before) < SAME_CLOCK:
                raise
        return await self._once(path, namespace, operation, arguments, signed)

    async def _once(self, path: str, namespace: str, operation: str, arguments: Mapping[str, str], signed: bool) -> Any:
        ahead = self._ahead or timedelta()
        token = Token(self._user, self._password, self._clock.wall() + ahead) if signed else None
        headers = {"Content-Type": f'{CONTENT_TYPE}; action="{namespace}/{operation}"'}
        body = envelope(namespace, operation, arguments, token)
        reply = await self.device.exchange("POST", path, headers=headers, body=body)
        found = body_of(reply.body)
        if found is None:
            raise (
                self.device.stranger() if reply.status == 200 else self.device.refusal(reply.status, f"do {operation}")
            )
        if words := fault_words(found):
            raise refused(self.device.name, operation, words)
        if reply.status != 200:
            raise self.device.refusal(reply.status, f"do {operation}")
        if found.tag != f"{{{namespace}}}{operation}Response":
            raise self.device.stranger()
        return found

    async def _read_clock(self) -> timedelta:
        """How far the device's clock is ahead of ours; a device that does not say counts as right."""
        try:
            body = await self._once(DEVICE_SERVICE, DEVICE, "GetSystemDateAndTime", {}, signed=False)
        except WillNotWork:
            return timedelta()
        told = device_time(fields_of(body))
        return timedelta() if told is None else told - self._clock.wall()


class OnvifDoor(DoorControl, DoorDriver):
    """A door of an ONVIF controller, locked down by the standard's own word."""

    Settings = OnvifSettings

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        clock = tools.clock
        self._controllers = Controllers(
            tools.allow_addresses, "door controller", lambda device, settings: OnvifController(device, settings, clock)
        )

    async def close(self) -> None:
        await self._controllers.close()

    def _found(self, door: Door) -> tuple[OnvifController, OnvifSettings]:
        settings: OnvifSettings = read_settings(OnvifSettings, door.settings)
        scheme: Scheme = "digest" if settings.login == "digest" else "none"
        # With a token the password goes into the envelope; it is named all the same, so that accounts stay apart.
        login = login_of(door.address, settings, scheme, settings.user, settings.password, settings.service or "")
        return self._controllers.at(login, settings), settings
