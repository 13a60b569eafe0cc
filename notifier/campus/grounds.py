"""The doors, strobes and contacts that stand on a site, built from its site file. No sockets: either skin answers.

A fault is set on what `doors`, `signals` and `devices` hold: `grounds.doors["d6"].fault = LockFault.JAMMED`,
`grounds.device_of("d6").set_wire(Wire.UNPLUGGED)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.campus.camera_model import CameraModel
from notifier.campus.door_model import DoorModel, Output
from notifier.campus.relay_device import RelayDevice
from notifier.model.site import Site


@dataclass(frozen=True, slots=True)
class Grounds:
    """Everything of metal at one site. Two things with one address are two relays of one device."""

    devices: dict[str, RelayDevice] = field(default_factory=dict)
    """By the address that the site file gives."""
    doors: dict[str, DoorModel] = field(default_factory=dict)
    """By door id: the truth about each lock."""
    signals: dict[str, Output] = field(default_factory=dict)
    cameras: dict[str, CameraModel] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Door, signal, camera, `fire_alarm` or `ID:second` to the address it has in the site file."""

    def device_of(self, thing: str) -> RelayDevice:
        """The device of a door, a signal, or `fire_alarm`; of a door's second way with `ID:second`."""
        return self.devices[self.places[thing]]

    def secured(self, now: float) -> frozenset[str]:
        """The doors that really hold, whatever anybody reports."""
        return frozenset(door for door, model in self.doors.items() if model.secured(now))

    def unlock_commands(self) -> list[str]:
        """Doors that were told to unlock, once per command, whichever way it came."""
        return [door for door, _at, locks in self._commands() if not locks]

    def first_lock_command(self) -> float | None:
        """When the first door was told to lock, in the campus clock's seconds; None before that."""
        return min((at for _door, at, locks in self._commands() if locks), default=None)

    def _commands(self) -> Iterator[tuple[str, float, bool]]:
        """(door, when, whether it was told to lock) of every command that reached a device."""
        for door, model in self.doors.items():
            for thing in (door, f"{door}:second"):
                device = self.devices.get(self.places.get(thing, ""))
                relays = {number for number, output in device.outputs.items() if output is model} if device else ()
                for seen in device.requests if device else ():
                    if seen.on is not None and seen.relay in relays:
                        yield door, seen.at, seen.on is (model.secured_when == "relay_on")


def stand_up(site: Site) -> Grounds:
    """Everything unlocked, closed, well and off.

    A door's second way reaches the same bolt by another device; it must have the same polarity. Raises ValueError.
    """
    grounds = Grounds()
    for door in site.doors:
        model = DoorModel(
            secured_when=door.secured_when,
            bolt_input=door.sensed_by.input if door.sensed_by else None,
            secured_is=door.sensed_by.secured_is if door.sensed_by else True,
            leaf_input=door.leaf_by.input if door.leaf_by else None,
            closed_is=door.leaf_by.closed_is if door.leaf_by else True,
        )
        grounds.doors[door.id] = model
        _wire(grounds, door.id, door.address, door.settings, model)
        if door.second_path is not None:
            second = door.second_path
            if second.secured_when != door.secured_when:
                raise ValueError(f"{door.id}: the campus knows no second way with another polarity than the first")
            _wire(grounds, f"{door.id}:second", second.address, second.settings, model)
    for signal in site.signals:
        grounds.signals[signal.id] = Output()
        _wire(grounds, signal.id, signal.address, signal.settings, grounds.signals[signal.id])
    for camera in site.cameras:
        password = camera.settings.get("password")
        user = str(camera.settings.get("user", "admin"))
        grounds.cameras[camera.id] = CameraModel(camera.id, user=user, password=password and str(password))
        grounds.places[camera.id] = camera.address
    if site.fire_alarm is not None:
        alarm = site.fire_alarm
        _wire(grounds, "fire_alarm", alarm.address, alarm.settings, None)
        grounds.device_of("fire_alarm").contacts[alarm.input] = not alarm.active_is
    return grounds


def _wire(grounds: Grounds, thing: str, address: str, settings: Mapping[str, Any], output: Output | None) -> None:
    device = grounds.devices.setdefault(address, RelayDevice(f"campus-{thing.replace(':', '-')}"))
    if output is not None:
        device.outputs[int(settings.get("relay", 0))] = output
    password = settings.get("password")
    if isinstance(password, str):
        device.password = password
    grounds.places[thing] = address
