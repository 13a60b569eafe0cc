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

import aiohttp

from notifier.doors._controller_http import Network, Wire, host_of, plain, read_settings
from notifier.doors._device_line import DeviceLine
from notifier.doors._door_control import Answer, DoorControl, DoorControlSettings, refused
from notifier.interfaces import DoorDriver, Tools
from notifier.model.site import Door

PATH = "/vapix/doorcontrol"
RESULTS = {"GetDoorState": "DoorState", "GetDoorInfo": "DoorInfo"}
"""In which field the answer to a question stands."""


class AxisSettings(DoorControlSettings):
    """What a door writes under `settings:`; the controller's user needs administrator rights."""


class AxisController:
    """One controller: its digest state, its line."""

    def __init__(self, session: aiohttp.ClientSession, url: str, settings: AxisSettings) -> None:
        # Kept for the controller's life: it remembers the challenge, so only the first request pays a 401.
        digest = aiohttp.DigestAuthMiddleware(settings.user, plain(settings.password))
        self._wire = Wire(session, f"The door controller at {host_of(url)}", settings, (digest,))
        self._url = url + PATH
        self.line: DeviceLine[Answer] = DeviceLine()

    async def call(self, operation: str, token: str) -> Mapping[str, Any]:
        asked = (
            {"tdc:GetDoorInfo": {"Token": [token]}}
            if operation == "GetDoorInfo"
            else {f"tdc:{operation}": {"Token": token}}
        )
        body = json.dumps(asked).encode()
        reply = await self._wire.send("POST", self._url, headers={"Content-Type": "application/json"}, body=body)
        fields = reply.fields
        words = _fault_words(fields)
        if words and reply.status in (200, 400, 500):
            raise refused(self._wire.name, operation, words)
        if reply.status != 200:
            raise self._wire.refusal(reply.status)
        if fields is None:
            raise self._wire.nonsense()
        wanted = RESULTS.get(operation)
        found = fields if wanted is None else fields.get(wanted)
        if isinstance(found, list):
            found = found[0] if found else None
        if not isinstance(found, dict):
            raise self._wire.nonsense()
        return found


class AxisDoor(DoorControl, DoorDriver):
    """A door of an Axis controller, locked down by its own word."""

    Settings = AxisSettings

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = Network(tools.allow_addresses, AxisController)

    async def close(self) -> None:
        await self._network.close()

    def _found(self, door: Door) -> tuple[AxisController, AxisSettings]:
        settings = read_settings(AxisSettings, door.settings)
        key = f"{settings.user}\n{plain(settings.password)}\n{settings.connect_limit} {settings.reply_limit}"
        return self._network.at(door.address, settings, f"{key} {settings.tls_fingerprint}"), settings


def _fault_words(fields: Mapping[str, Any] | None) -> str:
    """What a fault says, whichever keys the firmware uses; empty if this is none."""
    if fields is None or not any("fault" in key.lower() or key.lower() == "error" for key in fields):
        return ""
    words = json.dumps({key: value for key, value in fields.items() if value})[:300]
    return " ".join(words.translate(str.maketrans("", "", '{}"')).split())
