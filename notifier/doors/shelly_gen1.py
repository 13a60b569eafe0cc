"""Doors, signals and contacts on Shelly relays of the first generation (Shelly 1, 1PM, 2.5, 4Pro, Uni).

Paths and field names are from memory of the vendor's first-generation API and were tried against our own imitation
only, on no device: a field that is missing reads as unknown, never as secured.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from notifier.doors._web_relay import Status, WebDoor, WebSignal, Wire, as_state
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import DoorDriver, SignalDriver
from notifier.model.contact import relay_for
from notifier.model.site import Door
from notifier.wire.device_settings import LoginSettings
from notifier.wire.web_device import WebDevice


class ShellyGen1Settings(LoginSettings):
    """What a door, signal or fire alarm writes under `settings:`."""

    relay: int = Field(default=0, ge=0, le=7)
    """Which relay, counted from 0 as the device does (`/relay/0`)."""


class ShellyGen1(Wire[ShellyGen1Settings]):
    """`GET /relay/N?turn=on`, `GET /status`, basic login."""

    called = "Shelly (first generation)"
    scheme = "basic"

    async def switch(self, device: WebDevice, settings: ShellyGen1Settings, on: bool) -> None:
        fields = await device.fields(
            f"/relay/{settings.relay}?turn={'on' if on else 'off'}", f"switch relay {settings.relay}"
        )
        if not isinstance(fields.get("ison"), bool):
            raise device.stranger()

    async def status(self, device: WebDevice, settings: ShellyGen1Settings, inputs: frozenset[int]) -> Status:
        fields = await device.fields("/status", "tell its status")
        relays, contacts = fields.get("relays"), fields.get("inputs")
        if not isinstance(relays, list):
            raise WillNotWork(
                f"{device.name} answers without relays; later generations need the driver shelly_gen2.",
                Reason.NOT_SUPPORTED,
            )
        read = {n: as_state(_entry(contacts, n, "input")) for n in inputs}
        relay_on = _entry(relays, settings.relay, "ison")
        if not isinstance(relay_on, bool):
            return Status(None, read, words=f"the device has no relay {settings.relay}")
        overpower = _entry(relays, settings.relay, "overpower") is True
        return Status(relay_on, read, words="switched off by its overpower protection" if overpower else "")

    async def dangers(self, device: WebDevice, settings: ShellyGen1Settings, door: Door) -> Iterable[str]:
        fields, found = await device.fields(f"/settings/relay/{settings.relay}", "tell its settings"), []
        locks_on = relay_for(door, secured=True)
        timer = "auto_off" if locks_on else "auto_on"
        after = fields.get(timer)
        if isinstance(after, int | float) and not isinstance(after, bool) and after > 0:
            found.append(f"Its {timer} timer would unlock this door by itself after {after:g} s: turn it off.")
        start = fields.get("default_state")
        if start in ("off" if locks_on else "on", "switch") and door.on_power_loss != "unlocks":
            found.append(f"When power returns its relay may unlock this door (default_state '{start}'): set 'last'.")
        wired = {contact.input for contact in (door.sensed_by, door.leaf_by) if contact is not None}
        mode = fields.get("btn_type")
        if settings.relay in wired and isinstance(mode, str) and mode != "detached":
            found.append(
                f"Input {settings.relay} is this door's contact and also switches its relay (btn_type '{mode}'): "
                "set 'detached'."
            )
        return found


class ShellyGen1Door(WebDoor, DoorDriver):
    """A lock on one relay, its contacts on the inputs of the same device."""

    Settings = ShellyGen1Settings
    proof = "the input declared under sensed_by; never the relay's own ison"
    wire = ShellyGen1()


class ShellyGen1Signal(WebSignal, SignalDriver):
    """A strobe, sign or beacon on one relay."""

    Settings = ShellyGen1Settings
    wire = ShellyGen1()


def _entry(found: object, number: int, name: str) -> object:
    entry = found[number] if isinstance(found, list) and number < len(found) else None
    return entry.get(name) if isinstance(entry, dict) else None
