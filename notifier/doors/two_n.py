"""Doors and contacts on 2N IP intercoms and access units: their HTTP interface with digest login.

A switch at rest leaves the door locked, and codes, cards and calls work; `lock` shuts those out until `unlock`, and
neither opens a door. What opens one for as long as it is wanted is `hold`.
Actions, paths and `success` are from a copy of the maker's HTTP API manual; the shape of the two status answers and
what `lock` and `hold` do to each other are from memory, and nothing was tried on a device. So the switch is asked after
each, and what answers otherwise reads as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import Field

from notifier.doors._web_relay import Status, WebDoor, Wire, as_state
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver
from notifier.model.contact import relay_for
from notifier.model.door import Mode
from notifier.model.site import Door
from notifier.wire.device_settings import LoginSettings, login_of
from notifier.wire.web_device import Login, WebDevice


class TwoNSettings(LoginSettings):
    """What a door or fire alarm writes under `settings:`."""

    auth: Literal["none", "basic", "digest"] = "digest"
    """As set for the Switch and I/O services in the device."""
    switch: int = Field(default=1, ge=1, le=32)
    """Which switch, counted from 1 as the device does."""
    by: Literal["lock", "output"] = "lock"
    """`lock`: nobody can open it by code, card or call, and polarity is the device's own. `output`: on and off."""
    open_with: Literal["hold", "on"] = "hold"
    """With `by: lock`: what holds it open when it goes back to unlocked. `on` for a bistable switch."""
    input_port: str = Field(default="input{n}", pattern=r"^[a-z0-9_]*\{n\}[a-z0-9_]*$")
    """What the device calls its inputs."""


class TwoN(Wire[TwoNSettings]):
    """`GET /api/switch/ctrl?switch=1&action=lock`; every answer is 200 and says `success` inside."""

    called = "2N intercom"

    def login(self, address: str, settings: TwoNSettings) -> Login:
        return login_of(address, settings, settings.auth, settings.user, settings.password)

    async def switch(self, device: WebDevice, settings: TwoNSettings, on: bool) -> None:
        await self._act(device, settings, "on" if on else "off")

    async def secure(self, device: WebDevice, settings: TwoNSettings, door: Door) -> None:
        if settings.by == "output":
            await self.switch(device, settings, relay_for(door, secured=True))
            return
        _no_polarity(door)
        await self._act(device, settings, "lock")
        await self._end_hold(device, settings)  # whoever holds it open, a timed opening of ours among them

    async def restore(self, device: WebDevice, settings: TwoNSettings, door: Door) -> None:
        if settings.by == "output":
            await self.switch(device, settings, relay_for(door, secured=False))
            return
        _no_polarity(door)
        await self._act(device, settings, "unlock")
        found = await self._switch(device, settings)
        if not (found.get("held") or found.get("active")):  # what its own time profile holds open is left to that
            await self._act(device, settings, settings.open_with)

    def locks_down(self, settings: TwoNSettings) -> bool:
        return settings.by == "lock"

    async def release(self, device: WebDevice, settings: TwoNSettings, door: Door) -> None:
        await self._end_hold(device, settings)
        await self._act(device, settings, "unlock")
        await self._end_hold(device, settings)  # one that the lock had only covered

    async def status(self, device: WebDevice, settings: TwoNSettings, inputs: frozenset[int]) -> Status:
        found = await self._switch(device, settings)
        active, locked = found.get("active"), found.get("locked")
        relay_on: bool | None = active if isinstance(active, bool) else None
        mode = None
        if settings.by == "lock" and relay_on is not None:
            relay_on = not (active or found.get("held") is True)  # at rest it is locked
            mode = None if not isinstance(locked, bool) else Mode.LOCKDOWN if locked else Mode.NORMAL
        read: dict[int, bool | None] = {}
        if inputs:
            ports = (await _ask(device, "/api/io/status", "tell its inputs")).get("ports")
            read = {n: as_state(_entry(ports, "port", settings.input_port.format(n=n)).get("state")) for n in inputs}
        return Status(relay_on, read, words=_words(settings, found), mode=mode)

    async def _switch(self, device: WebDevice, settings: TwoNSettings) -> Mapping[str, Any]:
        told = await _ask(device, f"/api/switch/status?switch={settings.switch}", "tell the switch's state")
        return _entry(told.get("switches"), "switch", settings.switch)

    async def _end_hold(self, device: WebDevice, settings: TwoNSettings) -> None:
        found = await self._switch(device, settings)
        if found.get("held") is True:
            await self._act(device, settings, "release")
        elif found.get("active") is True:
            await self._act(device, settings, "off")

    async def _act(self, device: WebDevice, settings: TwoNSettings, action: str) -> None:
        query = urlencode({"switch": settings.switch, "action": action})
        await _ask(device, f"/api/switch/ctrl?{query}", f"{action} switch {settings.switch}")


class TwoNDoor(WebDoor, DoorDriver):
    """A strike or lock on one switch, its contacts on the inputs of the same device."""

    Settings = TwoNSettings
    proof = "the input declared under sensed_by; never the switch's own locked, active or held"
    leaves = "with `by: lock` the device's own `locked`, until `unlock`; with `by: output` nothing"
    wire = TwoN()


async def _ask(device: WebDevice, path: str, doing: str) -> Mapping[str, Any]:
    """The `result` of a success; raises AdapterError."""
    fields = await device.fields(path, doing)
    if fields.get("success") is True:
        result = fields.get("result")
        return result if isinstance(result, dict) else {}
    error = fields.get("error")
    if fields.get("success") is False and isinstance(error, dict):
        raise _fault(device, error, doing)
    raise device.stranger()


def _fault(device: WebDevice, error: Mapping[str, Any], doing: str) -> AdapterError:
    """What the codes mean is from memory, so the words beside them decide; in doubt it is tried again."""
    said = f"{str(error.get('description', ''))[:80]} (code {str(error.get('code', '?'))[:8]})"
    lower = said.lower()
    if any(word in lower for word in ("privilege", "authorization", "not authorized", "forbidden")):
        return WillNotWork(f"{device.name} does not let this user {doing}: {said}.", Reason.CREDENTIALS)
    if any(word in lower for word in ("invalid parameter", "missing", "not supported", "out of range")):
        return WillNotWork(f"{device.name} cannot {doing}: {said}.", Reason.NOT_SUPPORTED)
    return TryAgain(f"{device.name} did not {doing}: {said}.")


def _entry(found: object, name: str, value: object) -> Mapping[str, Any]:
    entries = found if isinstance(found, list) else []
    return next((entry for entry in entries if isinstance(entry, dict) and entry.get(name) == value), {})


def _words(settings: TwoNSettings, found: Mapping[str, Any]) -> str:
    if not found:
        return f"it says nothing of a switch {settings.switch}"
    words = [word for word in ("held", "locked", "active") if found.get(word) is True]
    return f"switch {' and '.join(words) or 'at rest'}"


def _no_polarity(door: Door) -> None:
    if door.secured_when == "relay_off":
        why = "with `by: lock` the device knows what locks: remove `secured_when: relay_off`, or set by: output."
        raise WillNotWork(f"{door.title}: {why}", Reason.OUR_FAULT)
