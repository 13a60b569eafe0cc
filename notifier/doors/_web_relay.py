"""Doors and signals on devices that are spoken to over HTTP: what is the same for all of them.

A driver's file says how its device is told and asked (`Wire`); this file makes a door, a signal and inputs of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

from notifier.errors import AdapterError, WillNotWork
from notifier.interfaces import DoorDriver, Health, SignalDriver, Tools
from notifier.model.contact import reading_of, relay_for
from notifier.model.door import DoorReading, Lock, Mode
from notifier.model.site import Door, Signal
from notifier.wire.device_settings import LoginSettings, WebSettings, login_of, read_settings
from notifier.wire.web_device import Login, Scheme, WebDevice, WebNetwork

ON, OFF = ("1", "on", "true"), ("0", "off", "false")
"""What devices write for the two states, whatever case."""

S = TypeVar("S", bound=WebSettings)


@dataclass(frozen=True, slots=True)
class Status:
    """What a device says of one relay and its inputs."""

    relay_on: bool | None
    inputs: Mapping[int, bool | None] = field(default_factory=dict)
    on_its_way: Mapping[int, Lock] = field(default_factory=dict)
    """Inputs of devices that say more than on and off: moving or jammed."""
    words: str = ""
    """What else a technician should read."""
    mode: Mode | None = None
    """Of devices that lock by a mode of theirs."""


class Wire(ABC, Generic[S]):
    """How one kind of device is told and asked."""

    called: ClassVar[str]
    """What a technician calls it: "Tasmota relay"."""
    scheme: ClassVar[Scheme] = "none"

    def login(self, address: str, settings: S) -> Login:
        written = settings.password if isinstance(settings, LoginSettings) else None
        user = settings.user if isinstance(settings, LoginSettings) else ""
        return login_of(address, settings, self.scheme, user, written)

    @abstractmethod
    async def switch(self, device: WebDevice, settings: S, on: bool) -> None:
        """Tell the relay; harmless to repeat. Raises AdapterError."""

    @abstractmethod
    async def status(self, device: WebDevice, settings: S, inputs: frozenset[int]) -> Status:
        """Ask; `inputs` are those that somebody wants to know. Raises AdapterError."""

    async def secure(self, device: WebDevice, settings: S, door: Door) -> None:
        await self.switch(device, settings, relay_for(door, secured=True))

    async def restore(self, device: WebDevice, settings: S, door: Door) -> None:
        await self.switch(device, settings, relay_for(door, secured=False))

    def locks_down(self, settings: S) -> bool:
        """Whether `secure` shuts codes, cards and schedules out until `release`."""
        return False

    async def release(self, device: WebDevice, settings: S, door: Door) -> None:
        """Leave that mode, the lock thrown. Raises AdapterError."""
        raise NotImplementedError

    async def dangers(self, device: WebDevice, settings: S, door: Door) -> Iterable[str]:
        """What the device's own configuration could do to the door behind our back. Raises AdapterError."""
        return ()


class WebDoor(DoorDriver):
    """A lock on a device over HTTP; its contacts on the inputs of the same device."""

    wire: ClassVar[Wire[Any]]

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = WebNetwork(tools.allow_addresses, self.wire.called)

    async def close(self) -> None:
        await self._network.close()

    async def secure(self, door: Door) -> None:
        device, settings = self._device(door.address, door.settings)
        await device.command(lambda: self.wire.secure(device, settings, door))

    async def restore(self, door: Door) -> None:
        device, settings = self._device(door.address, door.settings)
        await device.command(lambda: self.wire.restore(device, settings, door))

    def locks_down(self, door: Door) -> bool:
        try:
            return self.wire.locks_down(read_settings(self.Settings, door.settings))
        except WillNotWork:
            return False

    async def release(self, door: Door) -> None:
        device, settings = self._device(door.address, door.settings)
        if not self.wire.locks_down(settings):
            return await super().release(door)
        return await device.command(lambda: self.wire.release(device, settings, door))

    async def read(self, door: Door) -> DoorReading:
        wanted = frozenset(contact.input for contact in (door.sensed_by, door.leaf_by) if contact is not None)
        try:
            device, settings = self._device(door.address, door.settings)
            status = await self._ask(device, settings, wanted)
        except AdapterError as error:
            return DoorReading(detail=str(error))
        return _reading(door, status)

    async def read_input(self, address: str, settings: Mapping[str, Any], number: int) -> bool | None:
        try:
            device, read = self._device(address, settings)
            return (await self._ask(device, read, frozenset({number}))).inputs.get(number)
        except AdapterError:
            return None

    async def check(self, door: Door) -> Health:
        """Ask state and configuration; switches nothing."""
        reading = await self.read(door)
        if reading.relay_on is None:
            return Health(False, f"{door.title}: {reading.detail}")
        device, settings = self._device(door.address, door.settings)
        found: tuple[str, ...] = ()
        unread = ""
        try:
            found = tuple(await device.ask(f"dangers {door!r}", lambda: self.wire.dangers(device, settings, door)))
        except AdapterError as error:
            unread = f"Its configuration was not read: {error}"
        contact_silent = door.sensed_by is not None and reading.lock is Lock.UNKNOWN
        text = " ".join(filter(None, (f"{door.title}: {reading.detail}.", *found, unread)))
        return Health(not found and not contact_silent, text)

    async def _ask(self, device: WebDevice, settings: Any, inputs: frozenset[int]) -> Status:
        # Settings may differ between doors on one device (its relay), so what is shared is what was asked alike.
        what = f"{settings!r} {sorted(inputs)}"
        return await device.ask(what, lambda: self.wire.status(device, settings, inputs))

    def _device(self, address: str, written: Mapping[str, Any]) -> tuple[WebDevice, Any]:
        settings = read_settings(self.Settings, written)
        return self._network.device(self.wire.login(address, settings)), settings


class WebSignal(SignalDriver):
    """A strobe, sign or beacon. Nothing senses its light: what is read is what the output was told."""

    wire: ClassVar[Wire[Any]]

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = WebNetwork(tools.allow_addresses, self.wire.called)

    async def close(self) -> None:
        await self._network.close()

    async def set_signal(self, signal: Signal, on: bool) -> None:
        settings = read_settings(self.Settings, signal.settings)
        device = self._network.device(self.wire.login(signal.address, settings))
        await device.command(lambda: self.wire.switch(device, settings, on))

    async def read_signal(self, signal: Signal) -> bool | None:
        try:
            settings = read_settings(self.Settings, signal.settings)
            device = self._network.device(self.wire.login(signal.address, settings))
            status = await device.ask(repr(settings), lambda: self.wire.status(device, settings, frozenset()))
        except AdapterError:
            return None
        return status.relay_on


def as_state(written: object, on: Iterable[str] = ON, off: Iterable[str] = OFF) -> bool | None:
    """What a device means by `written`; None for everything that is not known to mean one of both."""
    if isinstance(written, bool):
        text = "true" if written else "false"
    elif isinstance(written, str | int | float):
        text = str(written).strip().lower()
    else:
        return None
    return True if text in on else False if text in off else None


def _reading(door: Door, status: Status) -> DoorReading:
    reading = replace(reading_of(door, status.relay_on, status.inputs), mode=status.mode)
    lock = status.on_its_way.get(door.sensed_by.input) if door.sensed_by is not None else None
    if lock is not None:
        reading = replace(reading, lock=lock, detail=f"{reading.detail} ({lock})")
    if status.words:
        reading = replace(reading, detail=f"{reading.detail} ({status.words})")
    return reading
