"""Door Control as Axis (JSON) and ONVIF (SOAP) speak it: the same operations in two wire formats. Shared by both.

Lock with LockDownDoor: until LockDownReleaseDoor no card, schedule or other program opens the door, and the
controller refuses whoever tries. What mode follows a release the standard leaves to the controller and its schedules:
so a door that was locked before is told to lock once more where the release has opened it.
Sources: ONVIF Door Control Service Specification; Axis VAPIX Door control service.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal, Protocol

from pydantic import Field

from notifier.doors._door_states import Wired, mode_of_states, reading_of_states
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, Health
from notifier.model.door import DoorReading, Lock
from notifier.model.settings import SecretText
from notifier.model.site import Door
from notifier.wire.device_settings import WebSettings, read_settings
from notifier.wire.web_device import WebDevice

LockWith = Literal["lock_down", "block", "lock"]
OPERATIONS: Mapping[LockWith, tuple[str, str, str]] = {
    "lock_down": ("LockDownDoor", "LockedDown", "LockDown"),
    "block": ("BlockDoor", "Blocked", "Block"),
    "lock": ("LockDoor", "Locked", "Lock"),
}
"""How to lock: (operation, the mode that it leads to, the capability that a door needs for it)."""


class DoorControlSettings(WebSettings):
    """What a door of such a controller writes under `settings:`."""

    reads_inputs: ClassVar[bool] = False
    """`sensed_by` and `leaf_by` say nothing here: inputs are set up at the controller."""
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

    @property
    def locks_down(self) -> bool:
        """Whether locking shuts out cards and schedules until somebody takes that back."""
        return self.lock_with != "lock"


class SpeaksDoorControl(Protocol):
    """One controller, in its own wire format."""

    device: WebDevice

    async def call(self, operation: str, token: str) -> Mapping[str, Any]:
        """One operation on one door; raises AdapterError. `GetDoorState` and `GetDoorInfo` bring fields."""
        ...


class DoorControl(DoorDriver):
    """What both drivers do; each says how its controller is found and read."""

    proof = "the controller's own lock monitor, where settings declare it wired (and the leaf closed, if that is too)"
    leaves = "the controller's own lockdown (or block), in which cards and schedules do nothing; with `lock` nothing"

    async def secure(self, door: Door) -> None:
        controller, settings = self._found(door)
        await controller.device.command(lambda: _lock(controller, settings))

    async def restore(self, door: Door) -> None:
        controller, settings = self._found(door)
        await controller.device.command(lambda: _open(controller, settings.token))

    def locks_down(self, door: Door) -> bool:
        try:
            return bool(read_settings(self.Settings, door.settings).locks_down)
        except WillNotWork:
            return False

    async def release(self, door: Door) -> None:
        controller, settings = self._found(door)
        if not settings.locks_down:
            return await super().release(door)
        return await controller.device.command(lambda: _release(controller, settings))

    async def read(self, door: Door) -> DoorReading:
        try:
            controller, settings = self._found(door)
            states = await _ask(controller, "GetDoorState", settings.token)
        except AdapterError as error:
            return DoorReading(detail=str(error))
        reading = reading_of_states(states, Wired(settings.lock_monitor, settings.door_monitor))
        return replace(reading, mode=mode_of_states(states)) if settings.locks_down else reading

    async def check(self, door: Door) -> Health:
        """Ask state and capabilities; switches nothing."""
        reading = await self.read(door)
        if reading.relay_on is None:
            return Health(False, f"{door.title}: {reading.detail}")
        controller, settings = self._found(door)
        found, unread = [], ""
        try:
            info = await _ask(controller, "GetDoorInfo", settings.token)
            found = _misfits(settings, info.get("Capabilities"))
        except AdapterError as error:
            unread = f"What the door can do was not read: {error}"
        silent = settings.lock_monitor and reading.lock is Lock.UNKNOWN
        text = " ".join(filter(None, (f"{door.title}: {reading.detail}.", *found, unread)))
        return Health(not found and not silent, text)

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


async def _lock(controller: SpeaksDoorControl, settings: DoorControlSettings) -> None:
    operation, wanted, _ = OPERATIONS[settings.lock_with]
    try:
        await controller.call(operation, settings.token)
    except WillNotWork as refusal:
        if refusal.reason is not Reason.REFUSED:
            raise
        # A door in lockdown refuses every command, also to lock it down once more: then it is as we want it.
        mode = (await controller.call("GetDoorState", settings.token)).get("DoorMode")
        if mode == wanted:
            return
        held = " It stands locked OPEN: release that at the controller." if mode == "LockedOpen" else ""
        raise WillNotWork(f"{refusal} The door's mode is {mode}.{held}", Reason.REFUSED) from None


async def _open(controller: SpeaksDoorControl, token: str) -> None:
    """What mode follows a release the standard leaves to the controller; what its schedule opens is left to it."""
    mode = (await controller.call("GetDoorState", token)).get("DoorMode")
    if mode == "LockedDown":
        await controller.call("LockDownReleaseDoor", token)
        mode = (await controller.call("GetDoorState", token)).get("DoorMode")
    if mode != "Unlocked":
        await controller.call("UnlockDoor", token)


async def _release(controller: SpeaksDoorControl, settings: DoorControlSettings) -> None:
    """A door that is in another mode than the one we lock with was put there by somebody else, and stays in it."""
    wanted = OPERATIONS[settings.lock_with][1]
    mode = (await controller.call("GetDoorState", settings.token)).get("DoorMode")
    if mode == wanted == "LockedDown":
        await controller.call("LockDownReleaseDoor", settings.token)
        mode = (await controller.call("GetDoorState", settings.token)).get("DoorMode")
    if mode == "Unlocked" or mode == wanted == "Blocked":  # a block has no release: the next plain lock ends it
        await controller.call("LockDoor", settings.token)


async def _ask(controller: SpeaksDoorControl, operation: str, token: str) -> Mapping[str, Any]:
    return await controller.device.ask(f"{operation} {token}", lambda: controller.call(operation, token))


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
