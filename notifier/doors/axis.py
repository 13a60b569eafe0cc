"""Doors on Axis network door controllers (A1001, A1210, A1601, A1610): VAPIX Door control service, JSON over digest.

Seen with our own imitation of the device only, written from the vendor's pages; not with hardware.
Firmware that offers this service as SOAP alone is driven by `onvif` with `service: /vapix/services`.
Sources: developer.axis.com VAPIX, Physical access control, Door control service; the JSON form of a fault is not on
those pages, so whatever is neither `{}` nor the fields asked for counts as a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from notifier.doors._controllers import Controllers
from notifier.doors._door_control import DoorControl, DoorControlSettings, refused
from notifier.interfaces import DoorDriver, Tools
from notifier.model.site import Door
from notifier.wire.device_settings import login_of, read_settings
from notifier.wire.web_device import WebDevice

PATH = "/vapix/doorcontrol"
RESULTS = {"GetDoorState": "DoorState", "GetDoorInfo": "DoorInfo"}
"""In which field the answer to a question stands."""


class AxisSettings(DoorControlSettings):
    """What a door writes under `settings:`; the controller's user needs administrator rights."""


class AxisController:
    """One controller, in its own wire format."""

    def __init__(self, device: WebDevice, _settings: AxisSettings) -> None:
        self.device = device

    async def call(self, operation: str, token: str) -> Mapping[str, Any]:
        asked = (
            {"tdc:GetDoorInfo": {"Token": [token]}}
            if operation == "GetDoorInfo"
            else {f"tdc:{operation}": {"Token": token}}
        )
        body = json.dumps(asked).encode()
        reply = await self.device.exchange("POST", PATH, headers={"Content-Type": "application/json"}, body=body)
        fields = reply.json if isinstance(reply.json, dict) else None
        words = _fault_words(fields)
        if words and reply.status in (200, 400, 500):
            raise refused(self.device.name, operation, words)
        if reply.status != 200:
            raise self.device.refusal(reply.status, f"do {operation}")
        if fields is None:
            raise self.device.stranger()
        wanted = RESULTS.get(operation)
        found = fields if wanted is None else fields.get(wanted)
        if isinstance(found, list):
            found = found[0] if found else None
        if not isinstance(found, dict):
            raise self.device.stranger()
        return found


class AxisDoor(DoorControl, DoorDriver):
    """A door of an Axis controller, locked down by its own word."""

    Settings = AxisSettings

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._controllers = Controllers(tools.allow_addresses, "door controller", AxisController)

    async def close(self) -> None:
        await self._controllers.close()

    def _found(self, door: Door) -> tuple[AxisController, AxisSettings]:
        settings: AxisSettings = read_settings(AxisSettings, door.settings)
        login = login_of(door.address, settings, "digest", settings.user, settings.password)
        return self._controllers.at(login, settings), settings


def _fault_words(fields: Mapping[str, Any] | None) -> str:
    """What a fault says, whichever keys the firmware uses; empty if this is none."""
    if fields is None or not any("fault" in key.lower() or key.lower() == "error" for key in fields):
        return ""
    words = json.dumps({key: value for key, value in fields.items() if value})[:300]
    return " ".join(words.translate(str.maketrans("", "", '{}"')).split())
