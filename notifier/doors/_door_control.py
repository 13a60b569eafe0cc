"""Door Control as Axis (JSON) and ONVIF (SOAP) speak it: the same operations in two wire formats. Shared by both.

Lock with LockDownDoor: until LockDownReleaseDoor no card, schedule or other program opens the door, and the
controller refuses whoever tries. Sources: ONVIF Door Control Service Specification; Axis VAPIX Door control service.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import Field

from notifier.doors._controller_http import ControllerSettings
from notifier.doors._device_line import DeviceLine
from notifier.doors._door_states import Wired, reading_of_states
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, Health
from notifier.model.door import DoorReading, Lock
from notifier.model.settings import SecretText
from notifier.model.site import Door

LockWith = Literal["lock_down", "block", "lock"]
OPERATIONS: Mapping[LockWith, tuple[str, str, str]] = {
    "lock_down": ("LockDownDoor", "LockedDown", "LockDown"),
    "block": ("BlockDoor", "Blocked", "Block"),
    "lock": ("LockDoor", "Locked", "Lock"),
}
"""How to lock: (operation, the mode that it leads to, the capability that a door needs for it)."""


class DoorControlSettings(ControllerSettings):
    """What a door of such a controller writes under `settings:`."""

    token: str = Field(min_length=1, max_length=256)
    """The door's token at the controller, as its door list says."""
    user: str = Field(default="root", pattern="^[^:]+$")
    password: SecretText = Field(repr=False)
    lock_monitor: bool = False
    """Whether the lock's own monitor (bolt or latch contact) is wired to the controller: only it proves a lock."""
    door_monitor: bool = False
    """Whether a door position switch is wired to the controller."""
    lock_with: LockWith = "lock_down"
    """`lock` leaves cards and schedules working; for doors whose controller knows no lockdown."""


class SpeaksDoorControl(Protocol):
    """One controller, in its own wire format."""

    line: DeviceLine[Answer]

    async def call(self, operation: str, token: str) -> Mapping[str, Any]:
        """One operation on one door; raises AdapterError. `GetDoorState` and `GetDoorInfo` bring fields."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought back: the fields, or why there are none."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    fault: AdapterError | None = None


class DoorControl(DoorDriver):
    """What both drivers do; each says how its controller is found and read."""

    proof = "the controller's own lock monitor, where settings declare it wired (and the leaf closed, if that is too)"

    async def secure(self, door: Door) -> None:
        device, settings = self._found(door)
        await device.line.command(lambda: _lock(device, settings))

    async def restore(self, door: Door) -> None:
        device, settings = self._found(door)
        await device.line.command(lambda: _open(device, settings.token))

    async def read(self, door: Door) -> DoorReading:
        try:
            device, settings = self._found(door)
        except AdapterError as error:
            return DoorReading(detail=str(error))
        answer = await _ask(device, "GetDoorState", settings.token)
        if answer.fault is not None:
            return DoorReading(detail=str(answer.fault))
        return reading_of_states(answer.fields, Wired(settings.lock_monitor, settings.door_monitor))

    async def check(self, door: Door) -> Health:
        """Ask state and capabilities; switches nothing."""
        reading = await self.read(door)
        if reading.relay_on is None:
            return Health(False, f"{door.title}: {reading.detail}")
        device, settings = self._found(door)
        info = await _ask(device, "GetDoorInfo", settings.token)
        found = _misfits(settings, info.fields.get("Capabilities"))
        silent = settings.lock_monitor and reading.lock is Lock.UNKNOWN
        return Health(not found and not silent, " ".join((f"{door.title}: {reading.detail}.", *found)))

    @abstractmethod
    def _found(self, door: Door) -> tuple[SpeaksDoorControl, DoorControlSettings]:
        """Raises WillNotWork."""


def refused(name: str, operation: str, words: str) -> AdapterError:
    """What a fault of the service means; `words`: its codes (ONVIF Core, error handling) and reason, as they came."""
    if "NotAuthorized" in words or "FailedAuthentication" in words:
        return WillNotWork(f"{name} refuses the user or password (settings: user, password).", Reason.CREDENTIALS)
    if "NotFound" in words:
        return WillNotWork(f"{name} has no door with this token.", Reason.NOT_SUPPORTED)
    if "ActionNotSupported" in words:
        return WillNotWork(f"{name} does not know {operation} for this door.", Reason.NOT_SUPPORTED)
    if "ter:Action" in words and "ter:Failure" in words:
        return TryAgain(f"{name} could not bring the door there ({operation}).")
    return WillNotWork(f"{name} refused {operation}: {words}.", Reason.REFUSED)


async def _lock(device: SpeaksDoorControl, settings: DoorControlSettings) -> None:
    operation, wanted, _ = OPERATIONS[settings.lock_with]
    try:
        await device.call(operation, settings.token)
    except WillNotWork as refusal:
        if refusal.reason is not Reason.REFUSED:
            raise
        # A door in lockdown refuses every command, also to lock it down once more: then it is as we want it.
        mode = (await device.call("GetDoorState", settings.token)).get("DoorMode")
        if mode == wanted:
            return
        held = " It stands locked OPEN: release that at the controller." if mode == "LockedOpen" else ""
        raise WillNotWork(f"{refusal} The door's mode is {mode}.{held}", Reason.REFUSED) from None


async def _open(device: SpeaksDoorControl, token: str) -> None:
    """What mode follows a release is not defined by the standard, so unlocking is said after it."""
    mode = (await device.call("GetDoorState", token)).get("DoorMode")
    if mode == "LockedDown":
        await device.call("LockDownReleaseDoor", token)
    await device.call("UnlockDoor", token)


async def _ask(device: SpeaksDoorControl, operation: str, token: str) -> Answer:
    async def question() -> Answer:
        try:
            return Answer(await device.call(operation, token))
        except AdapterError as fault:
            return Answer(fault=fault)

    return await device.line.ask(f"{operation} {token}", question)


def _misfits(settings: DoorControlSettings, capabilities: object) -> list[str]:
    """Where the settings promise what the controller says it cannot; silence of the controller is no misfit."""
    if not isinstance(capabilities, Mapping):
        return []
    told = {name: str(value).lower() for name, value in capabilities.items()}
    operation, _, capability = OPERATIONS[settings.lock_with]
    found = []
    if told.get(capability) == "false":
        found.append(f"This door does not know {operation}: choose another lock_with.")
    if settings.lock_monitor and told.get("LockMonitor") == "false":
        found.append("Settings declare a lock monitor, and the controller says that it has none for this door.")
    if settings.door_monitor and told.get("DoorMonitor") == "false":
        found.append("Settings declare a door position switch, and the controller says that it has none.")
    return found
