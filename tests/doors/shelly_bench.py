"""A Shelly on a real socket that can be broken on order: the bench of `notifier.doors.shelly_gen2`."""

from collections.abc import Callable, Sequence
from typing import Self

from notifier.campus.door_model import DoorModel, Output
from notifier.campus.relay_device import RelayDevice, Wire
from notifier.campus.shelly_server import ShellyServer
from notifier.interfaces import Tools
from notifier.model.site import Door, LeafBy, SensedBy, Signal
from notifier.testing.door_bench import Arrived, Bench, DoorBench, SignalBench, Trouble
from tests.campus.hand_clock import HandClock
from tests.campus.troubles import FAULTS, WIRES

PASSWORD = "correct-horse-7"
SETTINGS = {"password": PASSWORD, "connect_limit": "300ms", "reply_limit": "600ms"}


def tools() -> Tools:
    return Tools(http=None, clock=HandClock(), state_dir="", allow_addresses=("127.0.0.0/8",))


class _OneShelly(Bench):
    """Relay 0 is a door with bolt contact on input 0 and leaf contact on input 1; relay 1 is a strobe."""

    secrets = (PASSWORD, "not-the-password")

    async def __aenter__(self) -> Self:
        self.clock = HandClock()
        self.server = ShellyServer(self.clock)
        self.lock = DoorModel(leaf_input=1)
        self.strobe = Output()
        self.device = RelayDevice("shellyplus1-a8032abe54dc", {0: self.lock, 1: self.strobe}, password=PASSWORD)
        self.url = self.server.add(self.device)
        self.door = Door(
            id="d7",
            number=7,
            zone="north",
            side="interior",
            driver="shelly_gen2",
            address=self.url,
            settings=SETTINGS,
            egress="mechanical",
            sensed_by=SensedBy(input=0),
            leaf_by=LeafBy(input=1),
        )
        self.signal = Signal(
            id="strobe1", zone="north", driver="shelly_gen2", address=self.url, settings={**SETTINGS, "relay": 1}
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    def inflict(self, trouble: Trouble) -> None:
        if trouble in FAULTS:
            self.lock.fault = FAULTS[trouble]
        else:
            self.device.set_wire(WIRES[trouble])

    def mend(self) -> None:
        self.lock.mend(self.clock.now())
        self.device.set_wire(Wire.WELL)

    def arrived(self) -> Sequence[Arrived]:
        return [
            Arrived.READ if seen.on is None else Arrived.ON if seen.on else Arrived.OFF for seen in self.device.requests
        ]

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.server.until(condition)


class ShellyBench(_OneShelly, DoorBench):
    def stranger(self) -> Door:
        return self.door.model_copy(update={"settings": {**SETTINGS, "password": "not-the-password"}})

    def holds(self) -> bool:
        return self.lock.secured(self.clock.now())

    async def let_it_travel(self) -> None:
        self.clock.time += self.lock.travel


class StrobeBench(_OneShelly, SignalBench):
    def stranger(self) -> Signal:
        return self.signal.model_copy(update={"settings": {**self.signal.settings, "password": "not-the-password"}})

    def lit(self) -> bool:
        return self.strobe.on(self.clock.now())
