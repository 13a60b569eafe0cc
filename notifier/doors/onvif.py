"""Doors on controllers with the ONVIF Door Control service (Profile A, C, D): SOAP, username token or HTTP digest.

Seen with our own imitation only, written from the standard; not with hardware.
Sources: ONVIF Door Control Service Specification and doorcontrol.wsdl; `wire.onvif_device` for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from notifier.clock import Clock
from notifier.doors._controllers import Controllers, plain
from notifier.doors._door_control import DoorControl, DoorControlSettings, refused
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import DoorDriver, Tools
from notifier.model.site import Door
from notifier.wire.device_settings import login_of, read_settings
from notifier.wire.onvif_device import OnvifDevice
from notifier.wire.onvif_soap import DOORS, fields_of
from notifier.wire.web_device import Scheme, WebDevice

RESULTS = {"GetDoorState": "DoorState", "GetDoorInfo": "DoorInfo"}


class OnvifSettings(DoorControlSettings):
    """What a door writes under `settings:`."""

    user: str = Field(default="admin", pattern="^[^:]+$")
    login: Literal["token", "digest"] = "token"
    """`token`: WS-UsernameToken with a password digest; `digest`: HTTP digest."""
    service: str | None = Field(default=None, pattern="^/")
    """Path of the Door Control service; None: the device is asked."""


class OnvifController:
    """One controller: its door service, and the device that it stands on."""

    def __init__(self, device: WebDevice, settings: OnvifSettings, clock: Clock) -> None:
        self.device, self._service = device, settings.service
        by_token, password = settings.login == "token", plain(settings.password)
        self._onvif = OnvifDevice(device, clock, settings.user, password, by_token=by_token, refused=refused)

    async def call(self, operation: str, token: str) -> Mapping[str, Any]:
        if self._service is None:
            self._service = await self._onvif.service(DOORS)
            if self._service is None:
                raise WillNotWork(f"{self.device.name} offers no Door Control service.", Reason.NOT_SUPPORTED)
        fields = fields_of(await self._onvif.call(self._service, DOORS, operation, {"Token": token}))
        wanted = RESULTS.get(operation)
        found = fields if wanted is None else fields.get(wanted)
        if not isinstance(found, dict):
            raise self.device.stranger()
        return found


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
