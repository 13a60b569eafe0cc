"""Campus devices without sockets: drivers over the same models, for stories that run on a clock the test moves.

Lag, slowness and time limits pass on the handed-in clock, so a hanging device costs four seconds of the story and
none of the reader's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from notifier.campus.door_model import DoorModel, LockFault, Output
from notifier.campus.relay_device import RelayDevice, Seen, Wire
from notifier.clock import Clock
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, SignalDriver, Tools
from notifier.model.contact import reading_of, relay_for
from notifier.model.door import DoorReading, Mode
from notifier.model.site import Door, Signal

# The limit of the real driver for one exchange.
REPLY_LIMIT = 4.0

STATUS, SET = "Shelly.GetStatus", "Switch.Set"
LOCK_DOWN, LET_OUT = "Door.LockDown", "Door.LockDownRelease"
LOCKED_DOWN = frozenset({"axis", "onvif", "two_n", "unifi_access"})
"""Kinds of doors whose real controllers are locked by a mode, in which badges do nothing."""


class InProcessSettings(BaseModel):
    """What it uses of a real driver's settings, so that a simulation takes the site file as it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    relay: int = 0
    password: str | None = Field(default=None, repr=False)


class InProcessNetwork:
    """Address to device: what a cable is to the real ones."""

    def __init__(self, clock: Clock, devices: Mapping[str, RelayDevice]) -> None:
        self.clock, self._devices = clock, devices

    async def exchange(self, address: str, settings: InProcessSettings, method: str, on: bool | None) -> RelayDevice:
        """One request, as the real driver makes it, with its errors; switches if `on` is given.

        LOCK_DOWN and LET_OUT move the mode of the door's controller too.
        """
        device = self._devices.get(address)
        if device is None or device.wire is Wire.UNPLUGGED:
            raise TryAgain(f"The device at {address} cannot be reached.")
        if device.password is not None and settings.password != device.password:
            device.refused += 1
            raise WillNotWork(f"The device at {address} refuses the user or password.", Reason.CREDENTIALS)
        device.saw(Seen(method, self.clock.now(), on, settings.relay))
        silent = device.wire is Wire.HANGS or (device.wire is Wire.HOLDS_READS and method == STATUS)
        await self.clock.sleep(REPLY_LIMIT if silent else min(device.slow, REPLY_LIMIT))
        if silent:
            raise OutcomeUnknown(f"The device at {address} did not answer within {REPLY_LIMIT:g} s.")
        if device.wire in (Wire.SERVER_ERROR, Wire.BUSY):
            raise TryAgain(f"The device at {address} could not do it now.")
        if device.wire is Wire.NONSENSE:
            raise WillNotWork(f"What answers at {address} is no relay device.", Reason.NOT_SUPPORTED)
        output = None if method == STATUS else self._output(device, address, settings.relay)
        if output is not None and on is not None:
            output.switch(on, self.clock.now())
        if isinstance(output, DoorModel) and output.fault is not LockFault.DEAF:
            output.lockdown = method == LOCK_DOWN
        if device.wire is Wire.RESET or device.slow >= REPLY_LIMIT:
            raise OutcomeUnknown(f"The device at {address} did not finish its answer.")
        return device

    def _output(self, device: RelayDevice, address: str, relay: int) -> Output:
        if relay not in device.outputs:
            raise WillNotWork(f"The device at {address} has no relay {relay}.", Reason.NOT_SUPPORTED)
        return device.outputs[relay]


class InProcessDoors(DoorDriver):
    """Commands and reads campus doors directly."""

    Settings: ClassVar[type[BaseModel]] = InProcessSettings
    proof = "the contact declared under sensed_by"
    leaves = "where the real driver locks by a mode of a controller, that mode"

    def __init__(self, tools: Tools, network: InProcessNetwork) -> None:
        super().__init__(tools)
        self._network = network

    async def secure(self, door: Door) -> None:
        await self._tell(door, LOCK_DOWN if self.locks_down(door) else SET, relay_for(door, secured=True))

    async def restore(self, door: Door) -> None:
        await self._tell(door, SET, relay_for(door, secured=False))

    def locks_down(self, door: Door) -> bool:
        return door.driver in LOCKED_DOWN

    async def release(self, door: Door) -> None:
        if not self.locks_down(door):
            return await super().release(door)
        return await self._tell(door, LET_OUT, None)

    async def read(self, door: Door) -> DoorReading:
        settings = InProcessSettings.model_validate(door.settings)
        try:
            device = await self._network.exchange(door.address, settings, STATUS, None)
        except AdapterError as error:
            return DoorReading(detail=str(error))
        now = self._network.clock.now()
        output = device.outputs.get(settings.relay)
        reading = reading_of(door, None if output is None else output.on(now), device.inputs(now))
        if isinstance(output, DoorModel) and self.locks_down(door):
            reading = replace(reading, mode=Mode.LOCKDOWN if output.lockdown else Mode.NORMAL)
        return reading

    async def read_input(self, address: str, settings: Mapping[str, Any], number: int) -> bool | None:
        try:
            device = await self._network.exchange(address, InProcessSettings.model_validate(settings), STATUS, None)
        except AdapterError:
            return None
        return device.inputs(self._network.clock.now()).get(number)

    async def _tell(self, door: Door, method: str, on: bool | None) -> None:
        settings = InProcessSettings.model_validate(door.settings)
        await self._network.exchange(door.address, settings, method, on)


class InProcessSignals(SignalDriver):
    """Commands and reads campus strobes and signs directly."""

    Settings: ClassVar[type[BaseModel]] = InProcessSettings

    def __init__(self, tools: Tools, network: InProcessNetwork) -> None:
        super().__init__(tools)
        self._network = network

    async def set_signal(self, signal: Signal, on: bool) -> None:
        await self._network.exchange(signal.address, InProcessSettings.model_validate(signal.settings), SET, on)

    async def read_signal(self, signal: Signal) -> bool | None:
        settings = InProcessSettings.model_validate(signal.settings)
        try:
            device = await self._network.exchange(signal.address, settings, STATUS, None)
        except AdapterError:
            return None
        output = device.outputs.get(settings.relay)
        return None if output is None else output.on(self._network.clock.now())
