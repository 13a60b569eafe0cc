"""The bench of every driver over HTTP: a `FakeWeb` with a door and a beacon on it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from notifier.campus.relay_device import Wire
from notifier.model.site import Door, LeafBy, SensedBy, Signal
from notifier.testing.door_bench import Arrived, Bench, DoorBench, SignalBench, Trouble
from tests.campus.troubles import FAULTS, WIRES
from tests.doors.web_fake import LIMITS, PASSWORD, FakeWeb

WRONG = "not-the-password"


class _WebBench(Bench):
    """`make`: a fresh device; `settings`: what the door and the beacon write; `login`: which of them is the secret."""

    secrets = (PASSWORD, WRONG)

    def __init__(
        self,
        driver: str,
        make: Callable[[], FakeWeb],
        door: Mapping[str, Any],
        beacon: Mapping[str, Any] | None = None,
        *,
        login: str | None = "password",
        cannot: frozenset[Trouble] = frozenset(),
    ) -> None:
        self.driver, self.make, self.login, self.cannot = driver, make, login, cannot
        self.door_settings, self.beacon_settings = dict(door), dict(beacon or {})

    fake: FakeWeb

    async def __aenter__(self) -> Self:
        self.fake = await self.make().__aenter__()
        both: dict[str, Any] = {**LIMITS, **({self.login: PASSWORD} if self.login else {})}
        bolt, leaf = self.fake.lock.bolt_input, self.fake.lock.leaf_input
        assert bolt is not None
        assert leaf is not None
        self.door = Door(
            id="d7",
            number=7,
            zone="north",
            side="interior",
            driver=self.driver,
            address=self.fake.url,
            settings={**both, **self.door_settings},
            egress="mechanical",
            sensed_by=SensedBy(input=bolt),
            leaf_by=LeafBy(input=leaf),
        )
        self.signal = Signal(
            id="strobe1",
            zone="north",
            driver=self.driver,
            address=self.fake.url,
            settings={**both, **self.beacon_settings},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fake.__aexit__()

    def inflict(self, trouble: Trouble) -> None:
        if trouble in FAULTS:
            self.fake.lock.fault = FAULTS[trouble]
        else:
            self.fake.set_wire(WIRES[trouble])

    def mend(self) -> None:
        self.fake.lock.mend(self.fake.now)
        self.fake.set_wire(Wire.WELL)

    def arrived(self) -> Sequence[Arrived]:
        return [what for what, _ in self.fake.requests]

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.fake.until(condition)


class WebDoorBench(_WebBench, DoorBench):
    def stranger(self) -> Door | None:
        if self.login is None:
            return None
        return self.door.model_copy(update={"settings": {**self.door.settings, self.login: WRONG}})

    def holds(self) -> bool:
        return self.fake.lock.secured(self.fake.now)

    async def let_it_travel(self) -> None:
        self.fake.clock.time += self.fake.lock.travel


class WebSignalBench(_WebBench, SignalBench):
    def stranger(self) -> Signal | None:
        if self.login is None:
            return None
        return self.signal.model_copy(update={"settings": {**self.signal.settings, self.login: WRONG}})

    def lit(self) -> bool:
        return self.fake.strobe.on(self.fake.now)
