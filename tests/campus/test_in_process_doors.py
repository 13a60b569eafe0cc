"""Campus doors without sockets keep the same promises, on a clock that the test moves."""

from collections.abc import Callable, Sequence
from typing import Self

import pytest

from notifier.campus.door_model import DoorModel, Output
from notifier.campus.in_process_doors import InProcessDoors, InProcessNetwork, InProcessSignals
from notifier.campus.relay_device import RelayDevice, Wire
from notifier.errors import OutcomeUnknown, TryAgain, WillNotWork
from notifier.interfaces import Tools
from notifier.model.door import Lock
from notifier.model.settings import Secret
from notifier.model.site import Door, SensedBy, Signal
from notifier.testing.check_door_driver import (
    DOOR_PROMISES,
    Promise,
    leaves_no_queue_locked_when_cancelled,
    lets_a_command_overtake_questions,
)
from notifier.testing.door_bench import Arrived, DoorBench, Trouble
from tests.campus.hand_clock import HandClock
from tests.campus.troubles import FAULTS, WIRES

# Nothing hangs while the clock leaps to the end of every wait, and nothing queues where there is no wire.
NEED_A_WIRE = (leaves_no_queue_locked_when_cancelled, lets_a_command_overtake_questions)


class InProcessBench(DoorBench):
    secrets = ("correct-horse-7",)

    async def __aenter__(self) -> Self:
        self.clock = HandClock()
        self.lock = DoorModel()
        self.device = RelayDevice("shellyplus1-01", {0: self.lock, 1: Output()}, {5: True}, password=self.secrets[0])
        self.network = InProcessNetwork(self.clock, {"http://10.0.0.17": self.device})
        self.door = Door(
            id="d7",
            zone="north",
            side="interior",
            driver="shelly_gen2",
            address="http://10.0.0.17",
            settings={"password": Secret(self.secrets[0])},
            egress="mechanical",
            sensed_by=SensedBy(),
        )
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def driver(self) -> InProcessDoors:
        return InProcessDoors(Tools(None, self.clock, ""), self.network)

    def inflict(self, trouble: Trouble) -> None:
        if trouble in WIRES:
            self.device.set_wire(WIRES[trouble])
        else:
            self.lock.fault = FAULTS[trouble]

    def mend(self) -> None:
        self.lock.mend(self.clock.now())
        self.device.set_wire(Wire.WELL)

    def arrived(self) -> Sequence[Arrived]:
        return [
            Arrived.READ if seen.on is None else Arrived.ON if seen.on else Arrived.OFF for seen in self.device.requests
        ]

    async def until(self, condition: Callable[[], bool]) -> None:
        raise NotImplementedError

    def stranger(self) -> Door:
        return self.door.model_copy(update={"settings": {"password": "not-the-password"}})

    def holds(self) -> bool:
        return self.lock.secured(self.clock.now())

    async def let_it_travel(self) -> None:
        await self.clock.sleep(self.lock.travel)


@pytest.mark.parametrize(
    "promise", [each for each in DOOR_PROMISES if each not in NEED_A_WIRE], ids=lambda promise: promise.__name__
)
async def test_a_door_without_a_wire_keeps_the_promise_that_it(promise: Promise) -> None:
    async with InProcessBench() as bench:
        await promise(bench.driver, bench)


async def test_lag_and_slowness_pass_on_the_campus_clock() -> None:
    async with InProcessBench() as bench:
        bench.lock.travel = 90.0
        bench.device.slow = 2.0
        started = bench.clock.now()
        await bench.driver().secure(bench.door)
        assert bench.clock.now() == started + 2.0
        assert (await bench.driver().read(bench.door)).lock is Lock.UNSECURED
        await bench.clock.sleep(90.0)
        assert (await bench.driver().read(bench.door)).lock is Lock.SECURED


async def test_a_device_slower_than_the_limit_has_an_unknown_outcome() -> None:
    async with InProcessBench() as bench:
        bench.device.slow = 10.0
        started = bench.clock.now()
        with pytest.raises(OutcomeUnknown):
            await bench.driver().secure(bench.door)
        assert bench.clock.now() == started + 4.0
        assert bench.lock.on(bench.clock.now())


async def test_an_address_where_nothing_stands_cannot_be_reached() -> None:
    async with InProcessBench() as bench:
        with pytest.raises(TryAgain):
            await bench.driver().secure(bench.door.model_copy(update={"address": "http://10.0.0.99"}))


async def test_a_strobe_goes_on_and_off_and_a_contact_can_be_read() -> None:
    async with InProcessBench() as bench:
        signals = InProcessSignals(Tools(None, bench.clock, ""), bench.network)
        settings = {"password": bench.secrets[0], "relay": 1}
        strobe = Signal(id="s", zone="n", driver="shelly_gen2", address="http://10.0.0.17", settings=settings)
        assert await signals.read_signal(strobe) is False
        await signals.set_signal(strobe, True)
        assert await signals.read_signal(strobe) is True
        assert await bench.driver().read_input("http://10.0.0.17", settings, 5) is True
        assert await bench.driver().read_input("http://10.0.0.17", settings, 6) is None
        with pytest.raises(WillNotWork):
            await signals.set_signal(strobe.model_copy(update={"settings": {**settings, "relay": 4}}), True)
