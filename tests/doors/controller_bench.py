"""What the benches of access controllers have in common: wires, faults, time."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

from notifier.campus.relay_device import Wire
from notifier.interfaces import Tools
from notifier.model.site import Door
from notifier.testing.door_bench import Arrived, DoorBench, Trouble
from tests.campus.hand_clock import HandClock
from tests.campus.troubles import FAULTS, WIRES
from tests.doors.access_door import TRAVEL, AccessDoor
from tests.doors.controller_server import ControllerServer

PASSWORD = "correct-horse-9"
WRONG = "not-the-password"
LIMITS = {"connect_limit": "300ms", "reply_limit": "600ms"}


def tools(clock: HandClock | None = None) -> Tools:
    return Tools(http=None, clock=clock or HandClock(), state_dir="", allow_addresses=("127.0.0.0/8",))


class ControllerBench(DoorBench):
    """Subclasses make `server` and `settings` in `__aenter__`, then call `put_up`."""

    secrets: Sequence[str] = (PASSWORD, WRONG)
    server: ControllerServer
    driver: str
    wrong: ClassVar[dict[str, Any]]
    """What a stranger's settings say instead."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.lock = AccessDoor(self.clock)

    async def put_up(self, settings: dict[str, Any]) -> Self:
        self.url = await self.server.start()
        self.door = Door(
            id="d7",
            number=7,
            zone="north",
            side="exterior",
            driver=self.driver,
            address=self.url,
            settings={**LIMITS, **settings},
            egress="mechanical",
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    def with_settings(self, **changes: Any) -> Door:
        return self.door.model_copy(update={"settings": {**self.door.settings, **changes}})

    def stranger(self) -> Door | None:
        return self.with_settings(**self.wrong)

    def blind(self) -> Door | None:
        return self.with_settings(lock_monitor=False) if self.proves else None

    def rewired(self) -> Door | None:
        return None

    def holds(self) -> bool:
        return self.lock.thrown() and self.lock.leaf == "Closed"

    def stands_locked(self) -> None:
        self.lock.stands_locked()

    def shuts_out(self) -> bool:
        return not self.lock.badge()

    def schedule_would_open(self) -> None:
        self.lock.schedule = "Unlocked"

    async def let_it_travel(self) -> None:
        self.clock.time += TRAVEL

    def inflict(self, trouble: Trouble) -> None:
        if trouble in FAULTS:
            self.lock.fault = FAULTS[trouble]
        else:
            self.server.set_wire(WIRES[trouble])

    def mend(self) -> None:
        self.lock.mend()
        self.server.set_wire(Wire.WELL)

    def arrived(self) -> Sequence[Arrived]:
        return self.server.arrived

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.server.until(condition)
