"""Doors, signals and contacts on Shelly relays of the second generation and later (Gen2, Gen3, Gen4).

The relay commands, an input senses: `output` is what the relay was told, so only a wired contact proves a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError

from notifier.doors._shelly_config import dangers
from notifier.doors._shelly_rpc import Answer, Login, ShellyDevice
from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.interfaces import DoorDriver, Health, SignalDriver, Tools
from notifier.model.contact import reading_of, relay_for
from notifier.model.door import DoorReading, Lock
from notifier.model.outgoing import address_fault
from notifier.model.settings import Secret, SecretText
from notifier.model.site import Door, Signal
from notifier.model.words import Duration, Written
from notifier.wire.device_network import DeviceNetwork

InitialState = Literal["off", "on", "restore_last", "match_input"]


class ShellySettings(Written):
    """What a door, signal or fire alarm writes under `settings:`."""

    address_fault: ClassVar[Callable[[str, Sequence[str] | None], str]] = staticmethod(address_fault)
    """Asked by `notifier check`, so that a file names no address that is refused at the press."""

    relay: int = Field(default=0, ge=0, le=15)
    """Which of the device's relays (`switch:N`)."""
    user: str = Field(default="admin", pattern="^[^:]+$")
    """The device knows only `admin`; kept open for firmware that may know more."""
    password: SecretText | None = Field(default=None, repr=False)
    connect_limit: Duration = Field(default=1.5, gt=0, le=10)
    """Seconds for the connection. On a local network it takes milliseconds; one lost packet costs TCP one second."""
    reply_limit: Duration = Field(default=4.0, gt=0, le=15)
    """Seconds for the whole exchange. Within the 10 s for a verified or named door there must be room for a retry."""
    initial_state: InitialState | None = None
    """What the device is meant to do when power returns; checked. None: anything that does not unlock the door."""


class ShellyDoor(DoorDriver):
    """A lock on one relay, its contacts on the inputs of the same device."""

    Settings = ShellySettings
    proof = "the input declared under sensed_by; never the relay's own output"

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = DeviceNetwork[Login, ShellyDevice](tools.allow_addresses, ShellyDevice)

    async def close(self) -> None:
        await self._network.close()

    async def secure(self, door: Door) -> None:
        await self._switch(door, secured=True)

    async def restore(self, door: Door) -> None:
        await self._switch(door, secured=False)

    async def read(self, door: Door) -> DoorReading:
        try:
            settings = _settings(door.settings)
            answer = await self._device(door.address, settings).ask("Shelly.GetStatus")
        except AdapterError as error:
            return DoorReading(detail=str(error))
        return _reading(door, settings.relay, answer)

    async def read_input(self, address: str, settings: Mapping[str, Any], number: int) -> bool | None:
        try:
            answer = await self._device(address, _settings(settings)).ask("Shelly.GetStatus")
        except AdapterError:
            return None
        return _state(answer.fields, f"input:{number}", "state")

    async def check(self, door: Door) -> Health:
        """Ask status and configuration; switches nothing."""
        reading = await self.read(door)
        if reading.relay_on is None:
            return Health(False, f"{door.title}: {reading.detail}")
        settings = _settings(door.settings)
        config = await self._device(door.address, settings).ask("Shelly.GetConfig")
        found = dangers(door, settings.relay, settings.initial_state, config.fields)
        contact_silent = door.sensed_by is not None and reading.lock is Lock.UNKNOWN
        return Health(not found and not contact_silent, " ".join((f"{door.title}: {reading.detail}.", *found)))

    async def _switch(self, door: Door, *, secured: bool) -> None:
        settings = _settings(door.settings)
        await self._device(door.address, settings).switch(settings.relay, relay_for(door, secured=secured))

    def _device(self, address: str, settings: ShellySettings) -> ShellyDevice:
        return self._network.device(_login(address, settings))


class ShellySignal(SignalDriver):
    """A strobe, sign or beacon on one relay. Nothing senses its light: what is read is what the relay was told."""

    Settings = ShellySettings

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = DeviceNetwork[Login, ShellyDevice](tools.allow_addresses, ShellyDevice)

    async def close(self) -> None:
        await self._network.close()

    async def set_signal(self, signal: Signal, on: bool) -> None:
        settings = _settings(signal.settings)
        await self._network.device(_login(signal.address, settings)).switch(settings.relay, on)

    async def read_signal(self, signal: Signal) -> bool | None:
        try:
            settings = _settings(signal.settings)
            answer = await self._network.device(_login(signal.address, settings)).ask("Shelly.GetStatus")
        except AdapterError:
            return None
        return _state(answer.fields, f"switch:{settings.relay}", "output")


def _settings(written: Mapping[str, Any]) -> ShellySettings:
    try:
        return ShellySettings.model_validate(written)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False))
        # `from None`: pydantic's own error shows what was written, and that may be a password.
        raise WillNotWork(f"The settings of this device are wrong: {'; '.join(faults)}.", Reason.OUR_FAULT) from None


def _login(address: str, settings: ShellySettings) -> Login:
    password = settings.password.reveal() if isinstance(settings.password, Secret) else settings.password
    return Login(address, settings.user, password, settings.connect_limit, settings.reply_limit)


def _reading(door: Door, relay: int, answer: Answer) -> DoorReading:
    if answer.fault is not None:
        return DoorReading(detail=str(answer.fault))
    relay_on = _state(answer.fields, f"switch:{relay}", "output")
    numbers = {contact.input for contact in (door.sensed_by, door.leaf_by) if contact is not None}
    reading = reading_of(door, relay_on, {n: _state(answer.fields, f"input:{n}", "state") for n in numbers})
    if relay_on is None:
        return replace(reading, detail=f"{reading.detail} (the device has no relay {relay})")
    return reading


def _state(fields: Mapping[str, Any], component: str, name: str) -> bool | None:
    found = fields.get(component)
    state = found.get(name) if isinstance(found, dict) else None
    return state if isinstance(state, bool) else None
