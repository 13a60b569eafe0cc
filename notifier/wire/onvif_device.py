"""One ONVIF device: where its services are, how far its clock is off, its line.

The address of a service is asked of the device; only its path is believed, so a device cannot send us elsewhere.
A username token carries the time, and devices refuse one that is seconds off: the device's own clock is read first.
Sources: ONVIF Core (GetServices, GetSystemDateAndTime); OASIS WSS UsernameToken Profile 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from notifier.clock import Clock
from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.wire.onvif_soap import (
    CONTENT_TYPE,
    DEVICE,
    Token,
    body_of,
    device_time,
    envelope,
    fault_words,
    fields_of,
)
from notifier.wire.web_device import WebDevice

DEVICE_SERVICE = "/onvif/device_service"
"""Where the Device service is (ONVIF Core, section on the device service entry point)."""
SAME_CLOCK = timedelta(seconds=1)
"""A clock read again that moved less than this explains no refusal: it is the password."""
NOTHING: Mapping[str, str] = MappingProxyType({})

Refusal = Callable[[str, str, str], AdapterError]
"""(device, operation, the fault's codes and reason) to what it means."""


class OnvifDevice:
    def __init__(
        self, device: WebDevice, clock: Clock, user: str, password: str, *, by_token: bool, refused: Refusal
    ) -> None:
        """`by_token`: sign with a username token; else the device's own HTTP login does it."""
        self.device, self._clock, self._refused = device, clock, refused
        self._user, self._password, self._by_token = user, password, by_token
        self._ahead: timedelta | None = None

    async def service(self, namespace: str) -> str | None:
        """Path of the service; None: the device offers none. Raises AdapterError."""
        body = await self.call(DEVICE_SERVICE, DEVICE, "GetServices", {"IncludeCapability": "false"})
        for service in body.iter(f"{{{DEVICE}}}Service"):
            told = fields_of(service)
            if told.get("Namespace") == namespace and isinstance(told.get("XAddr"), str):
                return urlsplit(told["XAddr"]).path or "/"
        return None

    async def call(self, path: str, namespace: str, operation: str, arguments: Mapping[str, str] = NOTHING) -> Any:
        """The answer's element (of lxml); a login that was refused is tried once more if the device's clock has moved.

        Raises AdapterError.
        """
        signed = self._by_token
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
            raise self._refused(self.device.name, operation, words)
        if reply.status != 200:
            raise self.device.refusal(reply.status, f"do {operation}")
        if found.tag != f"{{{namespace}}}{operation}Response":
            raise self.device.stranger()
        return found

    async def _read_clock(self) -> timedelta:
        """How far the device's clock is ahead of ours; a device that does not say counts as right."""
        try:
            body = await self._once(DEVICE_SERVICE, DEVICE, "GetSystemDateAndTime", NOTHING, signed=False)
        except WillNotWork:
            return timedelta()
        told = device_time(fields_of(body))
        return timedelta() if told is None else told - self._clock.wall()
